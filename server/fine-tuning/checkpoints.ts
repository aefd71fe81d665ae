import type { NamedPage } from "../../contract/common.ts";
import { Refusal } from "../../contract/errors.ts";
import type { JobCheckpoint } from "../../contract/fine-tuning.ts";
import type { Clock } from "../platform/clock.ts";
import { newModelTail } from "../platform/ids.ts";
import type { CheckpointStore, ShownCheckpoint } from "./checkpoint-store.ts";
import { message, presentCheckpoint } from "./job.ts";
import type { JobRow } from "./job-store.ts";
import { checkpointName } from "./names.ts";
import { pageOf } from "./page-of.ts";

type Needs = {
  checkpoints: CheckpointStore;
  now: Clock;
  getRow: (projectId: string, id: string) => Promise<JobRow>;
  /** Of a base, an adapter that no model may name any more. */
  releaseAdapter: (base: string, adapter: string) => Promise<void>;
};

const PARAM = "checkpoint";

const lacksModel = ({ id, status }: JobRow) =>
  new Refusal(
    "job_has_no_model",
    `Job ${id} is ${status}: only a job that has succeeded has a model. Its checkpoints can be called by their own names.`,
    "fine_tune_id",
  );

const isGone = (name: string | null) =>
  new Refusal(
    "model_not_available",
    `The model ${name} was deleted or has been imported anew, so no checkpoint can become it. Call the checkpoint by its own name.`,
    "fine_tune_id",
  );

const isDeleted = (id: string, name: string) =>
  new Refusal("model_not_available", `Checkpoint ${id} (${name}) was deleted; choose another.`, PARAM);

const event = (job: JobRow, { id, step }: { readonly id: string; readonly step: number }) =>
  message(`The model ${job.fine_tuned_model} now answers from the checkpoint of step ${step}`, "info", {
    checkpoint: id,
    step,
  });

/** A job's checkpoints, and which of them its model is. */
export function createCheckpoints({ checkpoints: store, now, getRow, releaseAdapter }: Needs) {
  async function list(
    projectId: string,
    id: string,
    page: { limit: number; after?: string },
  ): Promise<NamedPage<JobCheckpoint>> {
    const all = await store.listShown(await getRow(projectId, id));
    const start = page.after === undefined ? 0 : all.findIndex((row) => row.id === page.after) + 1;
    if (page.after !== undefined && start === 0)
      throw new Refusal("invalid_value", `No checkpoint ${page.after} in job ${id}.`, "after");
    const { data, ...rest } = pageOf(all.slice(start), page.limit, presentCheckpoint);
    return { ...rest, data, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
  }

  async function getShown(job: JobRow, id: string): Promise<ShownCheckpoint> {
    const found = (await store.listShown(job)).find((row) => row.id === id);
    if (found) return found;
    const other = await store.findCheckpoint(job.project_id, id);
    if (!other) throw new Refusal("checkpoint_not_found", `There is no checkpoint ${id}.`, PARAM);
    const text = `Checkpoint ${id} is one of job ${other.job_id}, not of ${job.id}.`;
    throw new Refusal("invalid_value", text, PARAM);
  }

  /** Why nothing was chosen; returns where the model answers from the checkpoint already. */
  function assertIsModel(job: JobRow, found: ShownCheckpoint): void {
    if (job.status !== "succeeded") throw lacksModel(job);
    if (found.is_model) return;
    throw found.is_deleted ? isDeleted(found.id, found.model) : isGone(job.fine_tuned_model);
  }

  /** Requests that have begun go on with the adapter that they began with. */
  async function choose(projectId: string, id: string, checkpoint: string): Promise<JobCheckpoint> {
    const job = await getRow(projectId, id);
    const found = await getShown(job, checkpoint);
    const parts = { base: job.base_model, owner: job.owner_slug, suffix: job.suffix };
    const before = await store.chooseCheckpoint({
      job,
      checkpoint,
      ownName: (step) => checkpointName(parts, newModelTail(), step),
      events: [event(job, found)],
      now: now(),
    });
    if (!before) assertIsModel(job, await getShown(job, checkpoint));
    else await releaseAdapter(before.base_model, before.adapter);
    return presentCheckpoint(await getShown(job, checkpoint));
  }

  return { list, choose };
}
