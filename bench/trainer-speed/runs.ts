import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { JournalEvent } from "../../contract/training.ts";
import { peerPython } from "./peer.ts";
import type { Work } from "./works.ts";

const root = join(import.meta.dirname, "..", "..");

export const Run = z.object({
  dataset_tokens: z.number(),
  /** Wall time of the training loop. */
  seconds: z.number(),
  peak_memory_bytes: z.number(),
  steps: z.number(),
  losses: z.array(z.number()),
});
export type Run = z.infer<typeof Run>;

export const tokensPerSecond = (run: Run): number => run.dataset_tokens / run.seconds;

/** The folder of a job, as the control plane would make it. */
export function writeJob(folder: string, base: string, work: Work): void {
  mkdirSync(folder, { recursive: true });
  const trainingFile = join(folder, "training.jsonl");
  writeFileSync(trainingFile, work.rows.map((row) => `${row}\n`).join(""));
  const spec = {
    version: 1,
    job_id: "ftjob-benchmark",
    method: "supervised",
    base: { id: "base", path: base, context_length: 8192 },
    adapter: null,
    training_file: trainingFile,
    validation_file: null,
    hyperparameters: {
      n_epochs: 1,
      batch_size: work.batchSize,
      learning_rate_multiplier: 1,
      learning_rate: 5e-4,
    },
    seed: 1,
  };
  writeFileSync(join(folder, "spec.json"), JSON.stringify(spec));
}

function run(python: string, args: readonly string[], cwd: string): string {
  const env = { ...process.env, HF_HUB_OFFLINE: "1", PYTHONPATH: join(root, "trainer") };
  const child = spawnSync(python, args, { cwd, env, encoding: "utf8", maxBuffer: 1 << 28 });
  if (child.status !== 0)
    throw new Error(`${args.join(" ")} failed: ${child.signal ?? ""}\n${child.stderr.slice(-3000)}`);
  return child.stdout;
}

/** The trainer as it runs a job; the figures are those of its journal. */
export function runOurs(folder: string): Run {
  run(join(root, ".venv", "bin", "python"), ["-m", "trainer", folder], join(root, "trainer"));
  const lines = readFileSync(join(folder, "journal.jsonl"), "utf8").trim().split("\n");
  const events = lines.map((line) => JournalEvent.parse(JSON.parse(line)));
  const steps = events.flatMap((event) => (event.type === "step" ? [event] : []));
  const [finished] = events.flatMap((event) => (event.type === "finished" ? [event] : []));
  const last = steps.at(-1);
  if (!last || !finished) throw new Error(`The job in ${folder} did not finish.`);
  return {
    dataset_tokens: last.tokens,
    seconds: last.seconds,
    peak_memory_bytes: finished.peak_memory_bytes,
    steps: last.step,
    losses: steps.map((step) => step.train_loss),
  };
}

/** `checkpointing`: TRL's default, which computes again what the backward pass needs; without it TRL is faster. */
export function runTrl(folder: string, parts: number, checkpointing: boolean): Run {
  const script = join(import.meta.dirname, "trl_run.py");
  const options = ["--parts", String(parts), ...(checkpointing ? [] : ["--no-checkpointing"])];
  const output = run(peerPython, [script, folder, ...options], folder);
  return Run.parse(JSON.parse(output.trim().split("\n").at(-1) ?? ""));
}
