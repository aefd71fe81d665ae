import { Readable } from "node:stream";
import type { JobError } from "../../contract/fine-tuning.ts";
import { type FidelityProbe, type JournalEvent, StepMetrics } from "../../contract/training.ts";
import type { Files } from "../files/files.ts";
import { message, type NewEvent } from "../fine-tuning/job.ts";
import type { JobRow, JobStore } from "../fine-tuning/job-store.ts";
import { tunedModelName } from "../fine-tuning/names.ts";
import { metricsCsv } from "../fine-tuning/result-file.ts";
import type { Adapters } from "../models/adapters.ts";
import type { Clock } from "../platform/clock.ts";
import { newAdapterId, newModelTail } from "../platform/ids.ts";
import type { JobFolders } from "../training/job-folder.ts";
import { checkpointRows } from "./take-checkpoint.ts";

type Finished = Extract<JournalEvent, { type: "finished" }>;

/** What the engine that will serve the adapter says of it, beside the trainer's own answer. */
export type FidelityVerdict = {
  readonly passes: boolean;
  /** One sentence with the figures, for people. */
  readonly summary: string;
  readonly figures: Readonly<Record<string, number | null>>;
};

/** Also makes the engine hold the adapter, so that the model answers at once. */
export type CheckFidelity = (
  base: string,
  adapter: string,
  probe: FidelityProbe,
  signal: AbortSignal,
) => Promise<FidelityVerdict>;

type Needs = {
  store: JobStore;
  files: Files;
  adapters: Adapters;
  folders: JobFolders;
  now: Clock;
  checkFidelity: CheckFidelity;
  releaseAdapter: (base: string, adapter: string) => Promise<void>;
};

const fidelityError = (summary: string): JobError => ({
  code: "fidelity_check_failed",
  message: `The engine does not give the trainer's answer with this adapter, so the model would not behave as trained. ${summary}`,
  param: null,
});

const fidelityEvent = ({ passes, summary, figures }: FidelityVerdict) =>
  message(summary, passes ? "info" : "error", { fidelity: { passes, ...figures } });

export function createFinishJob(needs: Needs) {
  const { store, adapters, folders, now } = needs;

  async function keepResultFile(job: JobRow, metrics: readonly (string | null)[]): Promise<string> {
    const stored = await needs.files.receive(Readable.from([Buffer.from(metricsCsv(metrics))]));
    const more = { purpose: "fine-tune-results", expires: null } as const;
    return (await needs.files.keep(job.project_id, "step_metrics.csv", stored, more)).id;
  }

  const fail = (job: JobRow, to: number, error: JobError, events: readonly NewEvent[]) => {
    const patch = { error: JSON.stringify(error), finished_at: now(), estimated_finish: null };
    const all = [...events, message(error.message, "error")];
    return store.applyChange(job.id, job.journal_offset, to, { patch, events: all, status: "failed" }, now());
  };

  async function succeed(
    job: JobRow,
    event: Finished,
    to: number,
    more: { adapter: string; events: NewEvent[] },
  ) {
    const name = tunedModelName(
      { base: job.base_model, owner: job.owner_slug, suffix: job.suffix },
      newModelTail(),
    );
    const data = (await store.listMetrics(job.id)).map((row) => row.data);
    const last = StepMetrics.parse(JSON.parse(data.at(-1) ?? "{}"));
    const patch = {
      fine_tuned_model: name,
      finished_at: now(),
      estimated_finish: null,
      trained_tokens: event.trained_tokens,
      result_file: await keepResultFile(job, data),
    };
    const events = [
      ...more.events,
      message(`Checkpoint created at step ${last.step} with Snapshot ID: ${name}`),
      message(`New fine-tuned model created: ${name}`),
      message("The job has successfully completed"),
    ];
    const checkpoint = checkpointRows(job, last, { name, adapter: more.adapter, at: now() });
    return store.applyChange(
      job.id,
      job.journal_offset,
      to,
      { patch, events, status: "succeeded", checkpoint },
      now(),
    );
  }

  async function check(job: JobRow, adapter: string, probe: FidelityProbe, signal: AbortSignal) {
    try {
      return await needs.checkFidelity(job.base_model, adapter, probe, signal);
    } catch (cause) {
      await needs.releaseAdapter(job.base_model, adapter);
      const reason = cause instanceof Error ? cause.message : cause;
      throw new Error(`the model was trained, but could not be checked on its engine: ${reason}`, {
        cause,
      });
    }
  }

  /** The trainer is done: the adapter is held against the engine, and only then becomes a model. */
  return async (job: JobRow, event: Finished, to: number, signal: AbortSignal): Promise<void> => {
    const adapter = newAdapterId();
    await adapters.add(adapter, folders.pathIn(job.id, event.adapter));
    const probe = await folders.readProbe(job.id, event.fidelity);
    const verdict = await check(job, adapter, probe, signal);
    const events = [fidelityEvent(verdict)];
    const kept = verdict.passes
      ? await succeed(job, event, to, { adapter, events })
      : await fail(job, to, fidelityError(verdict.summary), events);
    // Cancelled meanwhile, or not good enough: no model names the adapter.
    if (!kept || !verdict.passes) await needs.releaseAdapter(job.base_model, adapter);
  };
}
