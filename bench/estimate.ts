/** How near the estimate of a job comes to what the job then takes: each work is estimated, then trained, on the embedded base. */
import { parseArgs } from "node:util";
import type { CreateJob } from "../contract/fine-tuning.ts";
import { type Comparison, clientOf, compare, uploadRows } from "../test/support/estimated-job.ts";
import { BASE, type Server, startServer } from "../test/support/server.ts";
import { keepResults } from "./machine.ts";
import { createWorks } from "./trainer-speed/works.ts";

const { values } = parseArgs({
  options: {
    scale: { type: "string", default: "1" },
    only: { type: "string" },
    write: { type: "boolean", default: false },
  },
});

type Job = {
  readonly title: string;
  readonly rows: readonly string[];
  readonly validation?: readonly string[];
  readonly epochs: number;
  readonly batchSize: number;
};

const { long, short, unrelated } = createWorks(Number(values.scale));
if (!long || !short || !unrelated) throw new Error("A work of the benchmark is gone.");
const cut = Math.max(8, Math.floor(short.rows.length / 4));

const jobs: Record<string, Job> = {
  long: { ...long, epochs: 3 },
  short: { ...short, epochs: 2 },
  unrelated: { ...unrelated, epochs: 1 },
  validated: {
    title: "BANKING77, short prompt, a quarter of the rows to validate on",
    rows: short.rows.slice(cut),
    validation: short.rows.slice(0, cut),
    epochs: 2,
    batchSize: 8,
  },
};

async function requestOf(server: Server, { rows, validation, epochs, batchSize }: Job): Promise<CreateJob> {
  const client = clientOf(server);
  return {
    model: BASE,
    training_file: await uploadRows(client, `${rows.join("\n")}\n`),
    ...(validation
      ? { validation_file: await uploadRows(client, `${validation.join("\n")}\n`, "valid.jsonl") }
      : {}),
    seed: 7,
    method: {
      type: "supervised",
      supervised: { hyperparameters: { n_epochs: epochs, batch_size: batchSize } },
    },
  };
}

const tenths = (value: number) => Math.round(value * 10) / 10;
const pair = (estimated: number, took: number) => ({
  estimated: tenths(estimated),
  took: tenths(took),
  ratio: Math.round((100 * estimated) / took) / 100,
});

function reportOf({ title }: Job, found: Comparison) {
  const { seconds, memory, tokens, steps, measured_beside_trainings } = found.estimate;
  const loop = seconds.training + seconds.validation + seconds.checkpoints;
  return {
    title,
    steps,
    trained_tokens: { estimated: tokens.dataset_total, took: found.trainedTokens },
    job_seconds: pair(seconds.total, found.jobSeconds),
    trainer_seconds: pair(seconds.total, found.trainerSeconds),
    loop_seconds: pair(loop, found.loopSeconds),
    peak_memory_mb: pair(memory.peak_bytes / 1e6, found.peakBytes / 1e6),
    estimating_seconds: tenths(found.estimatingSeconds),
    measured_beside_trainings,
  };
}

async function bench(): Promise<void> {
  const results: Record<string, unknown> = {};
  await using server = await startServer();
  for (const [name, job] of Object.entries(jobs)) {
    if (values.only && values.only !== name) continue;
    const report = reportOf(job, await compare(server, await requestOf(server, job)));
    results[name] = report;
    console.log(`${name.padEnd(10)} ${JSON.stringify(report)}`);
  }
  if (values.write) keepResults("estimate", { scale: Number(values.scale), base: BASE, results });
}

await bench();
