import type { FineTuningJob } from "../../../contract/fine-tuning.ts";
import { modelPath, useAddress } from "../../ui/address.ts";
import { LinkButton } from "../../ui/button.tsx";
import { joinModels } from "../playground/setup.ts";
import { useQuestion } from "./use-question.ts";

/** What there is to do with a finished model. */
export function Outcome({ job }: { readonly job: FineTuningJob }) {
  const address = useAddress();
  const question = useQuestion(job);
  const { fine_tuned_model: model } = job;
  if (model === null) return null;
  const models = joinModels([job.model, model]);
  return (
    <>
      <LinkButton href={address(modelPath(model))}>Its model</LinkButton>
      <LinkButton kind="primary" href={address("/playground", { models, ...question })}>
        Compare with its base
      </LinkButton>
    </>
  );
}
