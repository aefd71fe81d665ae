import type { FineTuningJob, JobCheckpoint } from "../../../contract/fine-tuning.ts";
import type { ModelObject } from "../../../contract/models.ts";
import type { UsageBucket } from "../../../contract/usage.ts";
import { daysUntil } from "../../ui/days-until.ts";

const DAY_MS = 86_400_000;
export const isTuned = ({ id }: Pick<ModelObject, "id">): boolean => id.startsWith("ft:");

/** Until a model's last day; null: it has none. 0 and less: it has ended. */
export function daysLeft(shutdownDate: string | null | undefined, nowMs: number): number | null {
  if (!shutdownDate) return null;
  return daysUntil(shutdownDate, nowMs / 1000);
}

export const isWanted = (id: string, text: string, kind: string): boolean =>
  (kind === "" || (kind === "tuned") === isTuned({ id })) && id.toLowerCase().includes(text.toLowerCase());

const CHECKPOINT = /^(ft:.*):[^:]+:ckpt-step-\d+$/;
/** Jobs that the model may be of: an earlier checkpoint shares all of the name but its end with the job's model. */
export function jobsToAsk(model: string, jobs: readonly FineTuningJob[]): readonly FineTuningJob[] {
  const own = jobs.find((job) => job.fine_tuned_model === model);
  if (own) return [own];
  const start = CHECKPOINT.exec(model)?.[1];
  return start ? jobs.filter((job) => job.fine_tuned_model?.startsWith(`${start}:`)) : [];
}

export const isOf = (model: string, job: FineTuningJob, checkpoints: readonly JobCheckpoint[]): boolean =>
  job.fine_tuned_model === model ||
  checkpoints.some((checkpoint) => checkpoint.fine_tuned_model_checkpoint === model);

export type Day = { readonly at: number; readonly requests: number; readonly tokens: number };

const DAYS = 30;
const DAY_SECONDS = DAY_MS / 1000;

/** Each of the days since `start`; the server leaves out those on which nobody asked. */
export function daysOf(buckets: readonly UsageBucket[], start: number): readonly Day[] {
  const byStart = new Map(buckets.map(({ start_time, results }) => [start_time, results]));
  return Array.from({ length: DAYS }, (_, index) => {
    const at = start + index * DAY_SECONDS;
    const results = byStart.get(at) ?? [];
    return {
      at,
      requests: results.reduce((sum, { num_model_requests }) => sum + num_model_requests, 0),
      tokens: results.reduce((sum, { input_tokens, output_tokens }) => sum + input_tokens + output_tokens, 0),
    };
  });
}

/** The start of the first of 30 days, today the last. */
export const thirtyDaysAgo = (nowMs: number): number =>
  (Math.floor(nowMs / DAY_MS) - (DAYS - 1)) * DAY_SECONDS;
