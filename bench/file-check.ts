/** How fast a large training file is checked, and how much memory the whole process takes for it. */
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { checkDataAside } from "../training-data/check-aside.ts";
import { keepResults } from "./machine.ts";

const MB = 1e6;
const { values } = parseArgs({
  options: {
    mb: { type: "string", default: "512" },
    child: { type: "string" },
    write: { type: "boolean", default: false },
  },
});

const words =
  "the order parcel refund customer please delivery tomorrow invoice account help change address email was not received thank you we will send another one today because it arrived late".split(
    " ",
  );

/** Random and the same each time. */
function createRandom(seed: number) {
  let state = seed;
  return (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
const random = createRandom(7);
const sentence = (count: number) => {
  const text = Array.from({ length: count }, () => words[random(words.length)]).join(" ");
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
};

/** Kinds of rows, each a file of its own. */
const kinds = {
  /** A system prompt, a question, an answer: about 420 bytes. */
  chat: () => ({
    messages: [
      { role: "system", content: "You answer customers of a shop, briefly and politely." },
      { role: "user", content: sentence(20) },
      { role: "assistant", content: sentence(25) },
    ],
  }),
  /** A short question and a label, 100 bytes: about the most rows that a file can hold, and the most to remember. */
  short: () => ({
    messages: [
      { role: "user", content: `Is ${random(1e9)} even?` },
      { role: "assistant", content: random(2) === 0 ? "yes" : "no" },
    ],
  }),
  /** The worst for the JSON parser, which keeps one copy of each text of up to ten letters. */
  numbers: () => ({
    messages: [
      { role: "user", content: `${random(1e9)}` },
      { role: "assistant", content: `${random(1e9)}` },
    ],
  }),
  pairs: () => ({
    input: { messages: [{ role: "user", content: sentence(20) }] },
    preferred_output: [{ role: "assistant", content: sentence(25) }],
    non_preferred_output: [{ role: "assistant", content: sentence(25) }],
  }),
  /** Nothing is right: every row is a problem. */
  wrong: () => ({ messages: [{ role: "user", content: sentence(10) }, { content: sentence(10) }] }),
} as const;

function writeFile(path: string, row: () => unknown, bytes: number): void {
  const file = openSync(path, "w");
  for (let written = 0; written < bytes; ) {
    const rows: string[] = [];
    for (let count = 0; count < 2000; count += 1) rows.push(JSON.stringify(row()));
    written += writeSync(file, `${rows.join("\n")}\n`);
  }
  closeSync(file);
}

async function measure(path: string): Promise<void> {
  const started = performance.now();
  const { training } = await checkDataAside({
    training: { path, name: path },
    validation: null,
    method: null,
  });
  const seconds = (performance.now() - started) / 1000;
  console.log(
    JSON.stringify({
      mb_per_second: Math.round(training.bytes / MB / seconds),
      seconds: Math.round(seconds * 10) / 10,
      /** Of the processor's time, which others on the machine do not take from us. */
      mb_per_cpu_second: Math.round(training.bytes / MB / (process.cpuUsage().user / 1e6)),
      peak_rss_mb: Math.round((process.resourceUsage().maxRSS * 1024) / MB),
      rows: training.rows,
      problems: training.problem_count,
      warnings: training.warnings.map(({ code, count }) => `${code} ${count}`).join(", "),
    }),
  );
}

function bench(): void {
  const folder = mkdtempSync(join(tmpdir(), "perennial-bench-"));
  const results: Record<string, unknown> = {};
  try {
    for (const [kind, row] of Object.entries(kinds)) {
      const path = join(folder, `${kind}.jsonl`);
      writeFile(path, row, Number(values.mb) * MB);
      // A process of its own: the writer's memory is not the checker's.
      const child = spawnSync(process.execPath, [import.meta.filename, "--child", path], {
        encoding: "utf8",
      });
      rmSync(path);
      if (child.status !== 0) throw new Error(child.stderr);
      results[kind] = JSON.parse(child.stdout);
      console.log(`${kind.padEnd(8)} ${child.stdout.trim()}`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  if (values.write) keepResults("file-check", { mb: Number(values.mb), results });
}

if (values.child) await measure(values.child);
else bench();
