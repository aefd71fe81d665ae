import type { JournalEvent, StepMetrics } from "../../contract/training.ts";
import { message } from "../fine-tuning/job.ts";
import type { Change, JobRow, JobStore } from "../fine-tuning/job-store.ts";
import { metricsOf } from "../fine-tuning/journal-change.ts";
import { checkpointName } from "../fine-tuning/names.ts";
import type { Adapters } from "../models/adapters.ts";
import type { Clock } from "../platform/clock.ts";
import { newAdapterId, newCheckpointId, newModelTail } from "../platform/ids.ts";
import type { JobFolders } from "../training/job-folder.ts";

type Checkpoint = Extract<JournalEvent, { type: "checkpoint" }>;
type Needs = {
  store: JobStore;
  adapters: Adapters;
  folders: JobFolders;
  now: Clock;
  releaseAdapter: (base: string, adapter: string) => Promise<void>;
};

/** OpenAI keeps the checkpoints of the last three epochs; of a job that succeeds the last of them is the model itself. */
const KEPT = 3;

export function createTakeCheckpoint({ store, adapters, folders, now, releaseAdapter }: Needs) {
  /** A checkpoint becomes a model that can be called at once. The last step's waits for the end of the job. */
  async function changeFor(job: JobRow, event: Checkpoint): Promise<Change> {
    if (event.step === job.total_steps) return { patch: {}, events: [] };
    const known = await store.listCheckpoints(job.id);
    if (known.some(({ step }) => step === event.step)) return { patch: {}, events: [] };
    const adapter = newAdapterId();
    await adapters.add(adapter, folders.pathIn(job.id, event.path));
    const name = checkpointName(
      { base: job.base_model, owner: job.owner_slug, suffix: job.suffix },
      newModelTail(),
      event.step,
    );
    const text = `Checkpoint created at step ${event.step} with Snapshot ID: ${name}`;
    const checkpoint = checkpointRows(job, metricsOf(event), { name, adapter, at: now() });
    return { patch: {}, events: [message(text)], checkpoint };
  }

  /** Forgets those of epochs before the last three, of which the one at `lastStep` is. */
  async function dropOld(job: JobRow, lastStep: number): Promise<void> {
    const earlier = (await store.listCheckpoints(job.id)).filter(({ step }) => step !== job.total_steps);
    const kept = lastStep === job.total_steps ? KEPT - 1 : KEPT;
    for (const checkpoint of earlier.slice(kept)) {
      const adapter = await store.dropCheckpoint(checkpoint, now());
      if (adapter) await releaseAdapter(job.base_model, adapter);
    }
  }

  return { changeFor, dropOld };
}

type Made = { readonly name: string; readonly adapter: string; readonly at: number };

export function checkpointRows(
  job: JobRow,
  metrics: StepMetrics,
  made: Made,
): NonNullable<Change["checkpoint"]> {
  const row = {
    id: newCheckpointId(),
    job_id: job.id,
    created_at: made.at,
    model: made.name,
    step: metrics.step,
    metrics: JSON.stringify(metrics),
  };
  return { row, model: tunedModel(job, made) };
}

const tunedModel = (job: JobRow, made: Made) => ({
  id: made.name,
  project_id: job.project_id,
  organization_id: job.organization_id,
  base_model: job.base_model,
  adapter: made.adapter,
  job_id: job.id,
  created_at: made.at,
  deleted_at: null,
  imported_at: null,
});
