import type { Cli } from "../cli.ts";
import { watchJob } from "../watch/watch-job.ts";
import { type AddCommand, example } from "./command.ts";
import { addPairOf, type JobOptions, uploadAndRequest, withJobOptions } from "./job-options.ts";
import { jobFacts } from "./jobs-get.ts";

type Options = JobOptions & {
  idempotencyKey?: string;
  watch?: true;
};

async function createJob(cli: Cli, options: Options): Promise<void> {
  const client = cli.project();
  const request = await uploadAndRequest(cli, client, options);
  const job = await client.jobs.create(request, options.idempotencyKey);
  if (cli.show.isJson() && options.watch) cli.show.jsonLine(job);
  else if (!options.watch) cli.show.one(job, jobFacts(job, cli.now()));
  if (options.watch) return watchJob(cli, client, job.id);
  cli.show.remark(`\nWatch it with \`perennial jobs watch ${job.id}\`.`);
}

export const jobsCreate: AddCommand = (parent, cli) => {
  withJobOptions(parent.command("create").description("Create a fine-tuning job."))
    .option("--suffix <text>", "part of the new model's name")
    .option("--metadata <key=value>", "note on the job; may be repeated", addPairOf("--metadata"))
    .option("--idempotency-key <key>", "the same key never makes a second job")
    .option("--watch", "follow the job until it has ended")
    .addHelpText(
      "after",
      example(
        "perennial jobs create --model smollm2-135m-instruct --file train.jsonl --suffix support --watch",
      ),
    )
    .action((options: Options) => createJob(cli, options));
};
