import type { JobEstimate } from "../../contract/estimates.ts";
import type { Cli } from "../cli.ts";
import { CliError } from "../cli-error.ts";
import { estimatePage } from "../output/estimate-page.ts";
import { type AddCommand, example } from "./command.ts";
import { type JobOptions, uploadAndRequest, withJobOptions } from "./job-options.ts";

const TICK_MS = 1000;
/** Most are ready by then; a bar that is nearly full says that this one takes longer. */
const USUAL_SECONDS = 45;
const NEARLY = 0.95;

/** Moves the bar while the answer is awaited: how far the server is it does not say. */
async function withBar<T>(cli: Cli, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  using interrupt = cli.onInterrupt();
  using meter = cli.show.meter();
  const answered = new AbortController();
  const result = work(interrupt.signal);
  const end = () => answered.abort();
  result.then(end, end);
  const isOpen = () => !answered.signal.aborted && !interrupt.signal.aborted;
  for (let seconds = 0; isOpen(); seconds += TICK_MS / 1000) {
    const share = Math.min(NEARLY, seconds / USUAL_SECONDS);
    meter.update(Math.round(100 * share), 100, "timing a few steps of this job");
    await cli.sleep(TICK_MS, answered.signal);
  }
  try {
    const found = await result;
    meter.update(100, 100, "estimated");
    return found;
  } catch (cause) {
    if (interrupt.signal.aborted) throw new CliError("Interrupted.", 130, { cause });
    throw cause;
  }
}

async function estimateJob(cli: Cli, options: JobOptions): Promise<void> {
  const client = cli.project();
  const request = await uploadAndRequest(cli, client, options);
  const found: JobEstimate = await withBar(cli, (signal) => client.jobs.estimate(request, signal));
  if (cli.show.isJson()) return cli.show.json(found);
  cli.show.text(estimatePage(found));
  const { training_file: training, validation_file: validation } = request;
  const files = `--file ${training}${validation ? ` --validation ${validation}` : ""}`;
  cli.show.remark(`\nCreate the job with \`perennial jobs create ${files}\` and the same other options.`);
}

export const jobsEstimate: AddCommand = (parent, cli) => {
  withJobOptions(
    parent.command("estimate").description("Tell what a job will take on the server, before it is created."),
  )
    .addHelpText(
      "after",
      example(
        "perennial jobs estimate --model smollm2-135m-instruct --file train.jsonl",
        "perennial jobs estimate --model smollm2-135m-instruct --file train.jsonl --epochs 3 --set lora_r=32 --json",
      ),
    )
    .action((options: JobOptions) => estimateJob(cli, options));
};
