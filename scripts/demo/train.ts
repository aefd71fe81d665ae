import { createReadStream } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type OpenAI from "openai";
import { createMeter } from "../../cli/output/meter.ts";
import { followJob, type JobSource } from "../../cli/watch/follow-job.ts";
import { createJobView } from "../../cli/watch/watch-job.ts";
import { FineTuningJob, JobEvent } from "../../contract/fine-tuning.ts";

export type Plan = {
  readonly model: string;
  readonly trainingFile: string;
  readonly validationFile: string;
  readonly suffix: string;
  readonly hyperparameters: { n_epochs: number; batch_size: number; learning_rate_multiplier: number };
};

export type Trained = {
  readonly model: string;
  readonly seconds: number;
  readonly tokens: number;
  readonly tokensPerSecond: number;
};

const sourceOf = (openai: OpenAI): JobSource => ({
  get: async (id) => FineTuningJob.parse(await openai.fineTuning.jobs.retrieve(id)),
  async eventsSince(id, known) {
    const found: JobEvent[] = [];
    for await (const event of openai.fineTuning.jobs.listEvents(id, { limit: 100 })) {
      if (event.id === known) break;
      found.push(JobEvent.parse(event));
    }
    return found.reverse();
  },
});

const pause = (ms: number, signal?: AbortSignal) =>
  sleep(ms, undefined, signal ? { signal } : {}).catch(() => {});

/** Uploads both files and creates the job, as any script written for OpenAI does. */
export async function createJob(openai: OpenAI, plan: Plan): Promise<string> {
  const upload = (path: string) =>
    openai.files.create({ file: createReadStream(path), purpose: "fine-tune" });
  const training = await upload(plan.trainingFile);
  const validation = await upload(plan.validationFile);
  const { model, suffix, hyperparameters } = plan;
  const job = await openai.fineTuning.jobs.create({
    model,
    suffix,
    training_file: training.id,
    validation_file: validation.id,
    method: { type: "supervised", supervised: { hyperparameters } },
    seed: 7,
  });
  return job.id;
}

async function follow(openai: OpenAI, id: string, signal: AbortSignal) {
  using meter = createMeter(process.stdout);
  const view = createJobView(meter, () => Math.floor(Date.now() / 1000));
  const events: JobEvent[] = [];
  let job: FineTuningJob | null = null;
  for await (const news of followJob(sourceOf(openai), id, { sleep: pause, signal })) {
    view(news);
    events.push(...news.events);
    job = news.job;
  }
  signal.throwIfAborted();
  return { job, events };
}

/** The loop alone: loading the model and the check against the engine are not training. */
export function loopSeconds(events: readonly JobEvent[]): number {
  const steps = events.filter(({ type }) => type === "metrics");
  const [first, last] = [steps.at(0), steps.at(-1)];
  if (!first || !last || steps.length < 2) return 1;
  return ((last.created_at - first.created_at) * steps.length) / (steps.length - 1);
}

/** Follows the job to its end; throws when it does not succeed. */
export async function waitForModel(openai: OpenAI, id: string, signal: AbortSignal): Promise<Trained> {
  const { job, events } = await follow(openai, id, signal);
  if (!job?.fine_tuned_model)
    throw new Error(`The job ${job?.status}: ${job?.error?.message ?? "no reason given"}`);
  const seconds = loopSeconds(events);
  const tokens = job.trained_tokens ?? 0;
  return { model: job.fine_tuned_model, seconds, tokens, tokensPerSecond: tokens / Math.max(1, seconds) };
}

/** A demo that is broken off leaves no training behind. */
export async function cancelJob(openai: OpenAI, id: string): Promise<void> {
  await openai.fineTuning.jobs.cancel(id, { timeout: 5000, maxRetries: 0 }).catch(() => {});
}
