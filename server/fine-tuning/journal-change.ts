import type { JournalEvent, StepMetrics } from "../../contract/training.ts";
import { message, metricsEvent } from "./job.ts";
import type { Change, JobRow } from "./job-store.ts";
import { METRIC_COLUMNS } from "./result-file.ts";

type EventOf<Type extends JournalEvent["type"]> = Extract<JournalEvent, { type: Type }>;

/** The metrics of a step or checkpoint event, and nothing else of it. */
export function metricsOf(event: EventOf<"step"> | EventOf<"checkpoint">): StepMetrics {
  const { step, train_loss, train_mean_token_accuracy } = event;
  const found = METRIC_COLUMNS.flatMap((name) =>
    event[name] === undefined ? [] : [[name, event[name]] as const],
  );
  return { step, train_loss, train_mean_token_accuracy, ...Object.fromEntries(found) };
}

function startedChange(event: EventOf<"started">): Change | null {
  if (event.resumed_from_step === 0) return null;
  const text = `Training was interrupted and goes on from the checkpoint at step ${event.resumed_from_step}`;
  return { patch: {}, events: [message(text, "warn")] };
}

function resolvedChange(event: EventOf<"resolved">, job: JobRow): Change {
  const patch = { hyperparameters: JSON.stringify(event.hyperparameters), total_steps: event.total_steps };
  const isFirst = job.total_steps === null;
  const cut = `${event.truncated_examples} example(s) are longer than the model's context and were cut at their end: ${event.truncated_tokens} tokens are left out`;
  return { patch, events: isFirst && event.truncated_examples > 0 ? [message(cut, "warn")] : [] };
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
  const more = { total_steps: event.total_steps, tokens_per_second: tokensPerSecond(event, resumedFrom) };
  return { patch, events: [metricsEvent(metricsOf(event), more)] };
}

/** What a progress event changes in the job; null: nothing. `resumedFrom`: the step at which its process began. */
export function progressChange(event: JournalEvent, job: JobRow, resumedFrom: number): Change | null {
  switch (event.type) {
    case "started":
      return startedChange(event);
    case "resolved":
      return resolvedChange(event, job);
    case "step":
      return stepChange(event, job, resumedFrom);
    default:
      return null;
  }
}
