import type { FineTuningJob } from "../../../contract/fine-tuning.ts";
import { modelPath, useAddress } from "../../ui/address.ts";
import { LinkButton } from "../../ui/button.tsx";
import { joinModels } from "../playground/setup.ts";
import { isOver } from "./status.ts";
import { useQuestion } from "./use-question.ts";

/** The choices that the job was created with, as the page for a new one has them in its address. */
function choicesOf(job: FineTuningJob): Record<string, string> {
  const hyperparameters = Object.entries(job.hyperparameters).filter(
    ([, value]) => typeof value === "number",
  );
  return {
    file: job.training_file,
    ...(job.validation_file === null ? {} : { validation: job.validation_file }),
    base: job.model,
    method: job.method.type,
    ...(job.user_provided_suffix === null ? {} : { suffix: job.user_provided_suffix }),
    ...Object.fromEntries(hyperparameters.map(([name, value]) => [name, String(value)])),
  };
}

/** What there is to do with a finished model, and once there will be none. */
export function Outcome({ job }: { readonly job: FineTuningJob }) {
  const address = useAddress();
  const question = useQuestion(job);
  const { fine_tuned_model: model } = job;
  if (model === null && !isOver(job)) return null;
  if (model === null)
    return <LinkButton href={address("/new", choicesOf(job))}>New fine-tune from its choices</LinkButton>;
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
