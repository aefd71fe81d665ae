import { type JournalEvent, StepMetrics } from "../../contract/training.ts";
import { hyperparametersOf, message, metricsEvent } from "./job.ts";
import type { Change, JobRow } from "./job-store.ts";

type EventOf<Type extends JournalEvent["type"]> = Extract<JournalEvent, { type: Type }>;

/** The metrics of a step or checkpoint event, and nothing else of it. */
export const metricsOf = (event: EventOf<"step"> | EventOf<"checkpoint">): StepMetrics =>
  StepMetrics.parse(event);

/** After a pause nothing is lost; after an interruption the steps since the checkpoint are done again. */
function startedChange({ resumed_from_step: from }: EventOf<"started">, job: JobRow): Change | null {
  if (from === 0) return null;
  const lost = from < job.last_step;
  const text = lost ? "Training was interrupted and goes on" : "Training goes on";
  return {
    patch: {},
    events: [message(`${text} from the checkpoint at step ${from}`, lost ? "warn" : "info")],
  };
}

const warningChange = ({ code, message: text }: EventOf<"warning">): Change => ({
  patch: {},
  events: [message(text, "warn", { code })],
});

/** The trainer has saved its step and ends; a job that was resumed meanwhile is in the queue like any other. */
export function pausedChange({ step }: EventOf<"paused">, job: JobRow): Change {
  const text =
    job.paused_at === null
      ? `Training stopped at step ${step} for a pause that was taken back; it goes on from there`
      : `The job has been paused at step ${step}`;
  return { patch: { estimated_finish: null }, events: [message(text)], status: "queued" };
}

function cutText(event: EventOf<"resolved">): string {
  const { truncated_examples: cut, truncated_tokens: tokens, untaught_examples: untaught } = event;
  const lost = untaught === 0 ? "" : `; ${untaught} of them keep nothing of their answers, and teach nothing`;
  return `${cut} example(s) are longer than the model's context and were cut at their end: ${tokens} tokens are left out${lost}`;
}

function resolvedChange(event: EventOf<"resolved">, job: JobRow): Change {
  const asked = Object.keys(hyperparametersOf(job));
  const shown = Object.entries(event.hyperparameters).filter(([name]) => asked.includes(name));
  const patch = {
    hyperparameters: JSON.stringify(Object.fromEntries(shown)),
    resolved_hyperparameters: JSON.stringify(event.hyperparameters),
    total_steps: event.total_steps,
  };
  const isFirst = job.total_steps === null;
  return { patch, events: isFirst && event.truncated_examples > 0 ? [message(cutText(event), "warn")] : [] };
}

/** Speed since this process began, spread over what is left. */
function estimatedFinish(event: EventOf<"step">, resumedFrom: number): number {
  const done = Math.max(1, event.step - resumedFrom);
  return Math.ceil(event.time + (event.seconds / done) * (event.total_steps - event.step));
}

/** Dataset tokens a second since this process began; its share of the job's tokens is that of its steps. */
function tokensPerSecond(event: EventOf<"step">, resumedFrom: number): number {
  const share = (event.step - resumedFrom) / event.step;
  return Math.round((event.tokens * share) / Math.max(event.seconds, 1e-3));
}

/** Steps done again after an interruption give the same numbers: they are told once. */
function stepChange(event: EventOf<"step">, job: JobRow, resumedFrom: number): Change | null {
  if (event.step <= job.last_step) return null;
  const patch = { last_step: event.step, estimated_finish: estimatedFinish(event, resumedFrom) };
  const { total_steps, tokens } = event;
  const more = { total_steps, tokens, tokens_per_second: tokensPerSecond(event, resumedFrom) };
  return { patch, events: [metricsEvent(metricsOf(event), more)] };
}

/** What a progress event changes in the job; null: nothing. `resumedFrom`: the step at which its process began. */
export function progressChange(event: JournalEvent, job: JobRow, resumedFrom: number): Change | null {
  switch (event.type) {
    case "started":
      return startedChange(event, job);
    case "resolved":
      return resolvedChange(event, job);
    case "step":
      return stepChange(event, job, resumedFrom);
    case "warning":
      return warningChange(event);
    default:
      return null;
  }
}
