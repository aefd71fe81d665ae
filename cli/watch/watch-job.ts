import type { Client } from "../../client/client.ts";
import { ConnectionError } from "../../client/errors.ts";
import type { FineTuningJob } from "../../contract/fine-tuning.ts";
import type { Cli } from "../cli.ts";
import { CliError } from "../cli-error.ts";
import type { Meter } from "../output/meter.ts";
import { duration, printable, thousands } from "../output/words.ts";
import { afterFailure } from "./after-failure.ts";
import { followJob, hasEnded, type JobNews } from "./follow-job.ts";
import { statusOf } from "./status-of.ts";
import { advance, describeProgress, secondsLeft, type TrainingProgress } from "./training-progress.ts";

/** Shows news of a job on a meter: messages as lines, metrics as the bar. */
export function createJobView(meter: Meter, now: () => number) {
  let progress: TrainingProgress | null = null;
  let wasPaused = false;

  function sayIfPaused(job: FineTuningJob): void {
    const isPaused = statusOf(job) === "paused";
    if (isPaused && !wasPaused) meter.say(`Go on with \`perennial jobs resume ${job.id}\`.`);
    wasPaused = isPaused;
  }

  return ({ job, events }: JobNews): void => {
    for (const event of events) {
      progress = advance(progress, event);
      if (event.type === "message") meter.say(printable(event.message));
    }
    sayIfPaused(job);
    if (!progress) return;
    const left = secondsLeft(progress, job.estimated_finish, now());
    meter.update(progress.step, progress.totalSteps, describeProgress(progress, left));
  };
}

const sayAway = (meter: Meter) => (error: unknown) =>
  meter.say(`${error instanceof Error ? error.message : error} Waiting for it.`);

/** Follows a job until it has ended; null: the user looked away first. */
async function followToEnd(cli: Cli, { jobs }: Client, id: string): Promise<FineTuningJob | null> {
  using interrupt = cli.onInterrupt();
  using meter = cli.show.meter();
  const view = createJobView(meter, cli.now);
  const mayPass = (error: unknown) => error instanceof ConnectionError;
  const options = { sleep: cli.sleep, signal: interrupt.signal, mayPass, onLost: sayAway(meter) };
  for await (const news of followJob(jobs, id, options)) {
    view(news);
    if (cli.show.isJson()) news.events.forEach(cli.show.jsonLine);
    if (hasEnded(news.job.status)) return news.job;
  }
  return null;
}

function describeSuccess(job: FineTuningJob): string {
  const took = duration((job.finished_at ?? job.created_at) - job.created_at);
  const name = job.fine_tuned_model ?? "";
  return [
    `The job succeeded after ${took}; it trained on ${thousands(job.trained_tokens ?? 0)} tokens.`,
    `Model: ${name}`,
    `Chat:  perennial chat ${name} "Your question"`,
  ].join("\n");
}

/** `jobs watch`: ends when the job does, and fails when the job did. */
export async function watchJob(cli: Cli, client: Client, id: string): Promise<void> {
  const job = await followToEnd(cli, client, id);
  if (!job) {
    const again = `look again with \`perennial jobs watch ${id}\`, stop it with \`perennial jobs cancel ${id}\``;
    throw new CliError(`The job goes on without you: ${again}.`, 130);
  }
  if (cli.show.isJson()) cli.show.jsonLine(job);
  if (job.status === "cancelled") throw new CliError(`Job ${id} was cancelled.`);
  if (job.status === "failed")
    throw new CliError(`Job ${id} failed: ${job.error?.message ?? "no reason given"}\n${afterFailure(job)}`);
  cli.show.remark(describeSuccess(job));
}
