import type { FineTuningJob } from "../../contract/fine-tuning.ts";
import type { Fact } from "../output/table.ts";
import { ago, duration, thousands } from "../output/words.ts";
import { afterFailure } from "../watch/after-failure.ts";
import { statusOf } from "../watch/status-of.ts";
import { type AddCommand, example } from "./command.ts";

function hyperparametersOf({ hyperparameters }: FineTuningJob): string {
  const { n_epochs, batch_size, learning_rate_multiplier } = hyperparameters;
  return `${n_epochs} ${n_epochs === 1 ? "epoch" : "epochs"}, batch size ${batch_size}, learning rate multiplier ${learning_rate_multiplier}`;
}

/** What the trainer decided, beyond OpenAI's own. */
function resolvedOf({ resolved_hyperparameters: all }: FineTuningJob): Fact[] {
  if (all === null) return [];
  const { n_epochs, batch_size, learning_rate_multiplier, ...others } = all;
  return Object.entries(others).map(([name, value]) => [`  ${name}`, words(value)] as const);
}

const words = (value: unknown): string =>
  typeof value === "number" ? String(Number(value.toPrecision(4))) : String(value);

function timesOf(job: FineTuningJob, now: number): Fact[] {
  const created: Fact = ["created", ago(job.created_at, now)];
  if (job.finished_at !== null) {
    const took = duration(job.finished_at - job.created_at);
    return [created, ["finished", `${ago(job.finished_at, now)}, after ${took}`]];
  }
  if (job.estimated_finish === null) return [created];
  return [created, ["time left", duration(job.estimated_finish - now)]];
}

export const jobFacts = (job: FineTuningJob, now: number): Fact[] => [
  ["job", job.id],
  ["status", statusOf(job)],
  ...(job.paused_at === null ? [] : [["paused", ago(job.paused_at, now)] as const]),
  ["base", job.model],
  ...(job.fine_tuned_model === null ? [] : [["model", job.fine_tuned_model] as const]),
  ...(job.error === null ? [] : [["error", job.error.message] as const]),
  ...timesOf(job, now),
  ["training file", job.training_file],
  ...(job.validation_file === null ? [] : [["validation file", job.validation_file] as const]),
  ["hyperparameters", hyperparametersOf(job)],
  ...resolvedOf(job),
  ["seed", String(job.seed)],
  ...(job.trained_tokens === null ? [] : [["trained tokens", thousands(job.trained_tokens)] as const]),
  ...job.result_files.map((id) => ["metrics file", id] as const),
  ...Object.entries(job.metadata ?? {}).map(([name, value]) => [`metadata ${name}`, value] as const),
];

export const jobsGet: AddCommand = (parent, cli) => {
  parent
    .command("get")
    .argument("<job>", "the job's id")
    .description("Show a fine-tuning job.")
    .addHelpText("after", example("perennial jobs get ftjob-abc123"))
    .action(async (id: string) => {
      const job = await cli.project().jobs.get(id);
      cli.show.one(job, jobFacts(job, cli.now()));
      if (job.status === "failed") cli.show.remark(`\n${afterFailure(job)}`);
    });
};
