import type { FineTuningJob, JobCheckpoint } from "../../../contract/fine-tuning.ts";

/** A model to be asked. Answers stay true as long as `key` is the same: a name may come to mean another checkpoint. */
export type SampleColumn = { readonly key: string; readonly title: string; readonly model: string };

/** What the job began with, each checkpoint that can still be called, and the model. */
export function columnsOf(
  job: FineTuningJob,
  checkpoints: readonly JobCheckpoint[],
): readonly SampleColumn[] {
  const chosen = checkpoints.find(({ is_model }) => is_model);
  const own = checkpoints
    .filter(({ is_deleted, is_model }) => !is_deleted && !is_model)
    .toSorted((a, b) => a.step_number - b.step_number)
    .map(({ id, step_number, fine_tuned_model_checkpoint: model }) => ({
      key: id,
      title: `Step ${step_number}`,
      model,
    }));
  const { fine_tuned_model: model } = job;
  const last =
    model === null || !chosen
      ? []
      : [{ key: chosen.id, title: `The model (step ${chosen.step_number})`, model }];
  return [{ key: "base", title: "Before tuning", model: job.model }, ...own, ...last];
}
