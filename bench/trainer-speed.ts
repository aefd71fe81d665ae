/** How many dataset tokens a second does the trainer learn from, beside TRL on the same rows, model and machine? */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { keepResults } from "./machine.ts";
import { preparePeer } from "./trainer-speed/peer.ts";
import { type Run, runOurs, runTrl, tokensPerSecond, writeJob } from "./trainer-speed/runs.ts";
import { createWorks, type Work } from "./trainer-speed/works.ts";

const { values } = parseArgs({
  options: {
    work: { type: "string", multiple: true },
    base: { type: "string" },
    /** Share of the rows, for a quick look. */
    scale: { type: "string", default: "1" },
    write: { type: "boolean", default: false },
  },
});

const root = join(import.meta.dirname, "..");
const base = values.base ?? join(root, "data", "bases", "smollm2-135m-instruct", "hf");
const gib = (bytes: number) => Math.round((bytes / 2 ** 30) * 100) / 100;
const rounded = (value: number) => Math.round(value * 10) / 10;

/** Ours before and after TRL, so that a machine that slows down or speeds up favours neither. */
function measure(folder: string, work: Work) {
  const runs: Run[] = [];
  const folderOf = (name: string) => {
    writeJob(join(folder, name), base, work);
    return join(folder, name);
  };
  runs.push(runOurs(folderOf("before")));
  const trl = runTrl(folderOf("trl"), work.trlParts, true);
  const fastest = runTrl(folderOf("trl-fastest"), work.trlParts, false);
  runs.push(runOurs(folderOf("after")));
  return { runs, trl, fastest };
}

function report(work: Work, { runs, trl, fastest }: ReturnType<typeof measure>) {
  const seconds = runs.reduce((sum, run) => sum + run.seconds, 0) / runs.length;
  const ours = trl.dataset_tokens / seconds;
  return {
    rows: work.rows.length,
    tokens_per_row: rounded(trl.dataset_tokens / work.rows.length),
    batch_size: work.batchSize,
    ours: {
      tokens_per_second: rounded(ours),
      each_run: runs.map((run) => rounded(tokensPerSecond(run))),
      peak_gib: gib(Math.max(...runs.map((run) => run.peak_memory_bytes))),
      losses: runs[0]?.losses,
    },
    trl: peer(trl, ours),
    trl_without_checkpointing: peer(fastest, ours),
    trl_parts_a_batch: work.trlParts,
    goal: work.goal,
  };
}

const peer = (run: Run, ours: number) => ({
  tokens_per_second: rounded(tokensPerSecond(run)),
  ours_is_times_faster: rounded(ours / tokensPerSecond(run)),
  peak_gib: gib(run.peak_memory_bytes),
  losses: run.losses,
});

function tell({ ours, trl, trl_without_checkpointing: fastest, goal }: ReturnType<typeof report>): void {
  const rows: [string, { tokens_per_second: number; peak_gib: number }, string][] = [
    ["Perennial", ours, ""],
    ["TRL", trl, `${trl.ours_is_times_faster} times slower (goal ${goal})`],
    ["TRL without gradient checkpointing", fastest, `${fastest.ours_is_times_faster} times slower`],
  ];
  for (const [name, { tokens_per_second, peak_gib }, more] of rows)
    console.log(`  ${name.padEnd(36)}${tokens_per_second} dataset tokens/s, ${peak_gib} GiB  ${more}`);
}

async function main(): Promise<void> {
  await preparePeer();
  const works = createWorks(Number(values.scale));
  const chosen = Object.entries(works).filter(([name]) => !values.work || values.work.includes(name));
  const results: Record<string, ReturnType<typeof report>> = {};
  for (const [name, work] of chosen) {
    const folder = mkdtempSync(join(tmpdir(), "perennial-bench-"));
    try {
      console.log(`${work.title}: ${work.rows.length} rows …`);
      const result = report(work, measure(folder, work));
      results[name] = result;
      tell(result);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
  if (values.write) keepResults("trainer-speed", { results });
}

await main();
