import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { useLocation } from "wouter";
import type { CreateJob } from "../../../contract/fine-tuning.ts";
import { useModels } from "../../common-queries.ts";
import { useClient, useSession } from "../../session.tsx";
import { Button } from "../../ui/button.tsx";
import { Card, Page } from "../../ui/card.tsx";
import { Failed } from "../../ui/states.tsx";
import { useCheck } from "../data/check-query.ts";
import { requestOf } from "./choices.ts";
import { Estimate, useEstimate } from "./estimate.tsx";
import { HyperparameterFields } from "./hyperparameter-fields.tsx";
import { isTuned, ModelAndMethod } from "./model-and-method.tsx";
import { TrainingData } from "./training-data.tsx";
import { useChoices } from "./use-choices.ts";
import { ValidationData } from "./validation-data.tsx";

/** `crypto.randomUUID` is missing in pages that came over plain HTTP from another machine. */
const newKey = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16)).join("-");

/** Made at most once from the same choices, however often the button is pressed and the answer lost. */
function useCreate(request: CreateJob | null) {
  const client = useClient();
  const queries = useQueryClient();
  const { project, who } = useSession();
  const [, go] = useLocation();
  const text = JSON.stringify(request);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another request needs another key
  const key = useMemo(newKey, [text]);
  return useMutation({
    mutationFn: (asked: CreateJob) => client.jobs.create(asked, key),
    onSuccess: ({ id }) => {
      void queries.invalidateQueries({ queryKey: ["jobs"] });
      go(`/jobs/${id}${who.kind === "admin" && project ? `?project=${encodeURIComponent(project)}` : ""}`);
    },
  });
}

function useBase(chosen: string) {
  const models = useModels();
  const bases = models.data?.filter((model) => !isTuned(model)) ?? [];
  // Nobody begins on a base that ends, unless there is no other.
  const usual = bases.find(({ shutdown_date }) => !shutdown_date) ?? bases[0];
  return { models, base: chosen || (usual?.id ?? "") };
}

export default function NewJob() {
  const { choices, choose } = useChoices();
  const { models, base } = useBase(choices.base);
  const check = useCheck(choices.file, {
    method: choices.method ?? undefined,
    validationFile: choices.validation === choices.file ? undefined : choices.validation || undefined,
  });
  const method = choices.method ?? check.data?.method ?? "supervised";
  const { request, errors } = requestOf(choices, { base, method });
  const ready = check.data?.passes ? request : null;
  const estimate = useEstimate(ready);
  const create = useCreate(ready);
  return (
    <Page title="New fine-tune">
      <TrainingData choices={choices} choose={choose} base={base} check={check} />
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <div className="grid gap-4">
          <ModelAndMethod {...{ choices, choose, errors, base, method, models }} />
          <ValidationData
            id={choices.validation}
            error={errors.validation}
            choose={choose}
            check={check.data}
          />
        </div>
        <HyperparameterFields {...{ choices, choose, errors, method }} estimate={estimate.data} />
      </div>
      <Card title="What it will take">
        <div className="grid gap-4">
          <Estimate query={estimate} isPossible={ready !== null} />
          {create.error && <Failed error={create.error} />}
          <div>
            <Button
              kind="primary"
              disabled={ready === null}
              isBusy={create.isPending}
              onClick={() => ready && create.mutate(ready)}
            >
              Create the job
            </Button>
          </div>
        </div>
      </Card>
    </Page>
  );
}
