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
  const ours = (name: string) => {
    writeJob(join(folder, name), base, work);
    runs.push(runOurs(join(folder, name)));
  };
  ours("before");
  writeJob(join(folder, "trl"), base, work);
  const trl = runTrl(join(folder, "trl"), work.trlAccumulates);
  ours("after");
  return { runs, trl };
}

function report(work: Work, { runs, trl }: ReturnType<typeof measure>) {
  const seconds = runs.reduce((sum, run) => sum + run.seconds, 0) / runs.length;
  const ours = trl.dataset_tokens / seconds;
  return {
    rows: work.rows.length,
    tokens_per_row: rounded(trl.dataset_tokens / work.rows.length),
    batch_size: work.batchSize,
    trl_accumulates: work.trlAccumulates,
    ours_tokens_per_second: rounded(ours),
    ours_each_run: runs.map((run) => rounded(tokensPerSecond(run))),
    trl_tokens_per_second: rounded(tokensPerSecond(trl)),
    ratio: rounded(ours / tokensPerSecond(trl)),
    goal: work.goal,
    ours_peak_gib: gib(Math.max(...runs.map((run) => run.peak_memory_bytes))),
    trl_peak_gib: gib(trl.peak_memory_bytes),
    ours_losses: runs[0]?.losses,
    trl_losses: trl.losses,
  };
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
      console.log(
        `  ours ${result.ours_tokens_per_second}, TRL ${result.trl_tokens_per_second} dataset tokens a second: ${result.ratio} times` +
          ` (goal ${work.goal}); peak memory ${result.ours_peak_gib} and ${result.trl_peak_gib} GiB`,
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
  if (values.write) keepResults("trainer-speed", { results });
}

await main();
