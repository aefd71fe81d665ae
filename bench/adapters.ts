/** Throughput of one engine with eight adapters mixed, beside the same engine answering with its base model alone. */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { silentLog } from "../server/platform/log.ts";
import { base, createFolder, settings } from "../server/serving/fixtures/real-model.ts";
import { ask, jsonOf, never } from "../server/serving/fixtures/replies.ts";
import { createServing } from "../server/serving/serving.ts";
import { keepResults } from "./machine.ts";

const { values } = parseArgs({
  options: {
    engine: { type: "string", default: "llama.cpp" },
    requests: { type: "string", default: "32" },
    rounds: { type: "string", default: "3" },
    slots: { type: "string", default: "8" },
    threads: { type: "string", default: "2" },
    write: { type: "boolean", default: false },
  },
});
const { engine } = values;
const requests = Number(values.requests);
const rounds = Number(values.rounds);
const slots = Number(values.slots);
const TOKENS = 48;

const names = Array.from({ length: 8 }, (_, index) => `tuned-${index}`);
using folder = createFolder(...names.map((name, index) => `${name}:${index + 1}`));
await using serving = createServing({
  config: {
    ...settings,
    PERENNIAL_ENGINE: engine === "vllm" ? "vllm" : "auto",
    PERENNIAL_VLLM:
      process.env.PERENNIAL_VLLM ?? join(import.meta.dirname, "..", ".venv-vllm", "bin", "python"),
    PERENNIAL_ENGINE_SLOTS: slots,
    PERENNIAL_ENGINE_THREADS: Number(values.threads),
  },
  bases: new Map([[base.id, base]]),
  ggufOf: (id) => folder.adapter(id).path,
  peftOf: (id) => folder.peftAdapter(id).path,
  logFolder: folder.path,
  log: silentLog,
});

const question = (index: number) =>
  ask(`Tell me about the number ${index}, and why people like it.`, { max_tokens: TOKENS, ignore_eos: true });

type Work = { readonly adapterOf: (index: number) => string | null; readonly clients?: number };

/** Output tokens a second of so many requests at once, each with the adapter that `adapterOf` gives it. */
async function measure({ adapterOf, clients = slots }: Work): Promise<number> {
  const started = performance.now();
  let tokens = 0;
  let next = 0;
  const client = async () => {
    while (next < requests) {
      const index = next++;
      const target = { projectId: "bench", base, adapter: adapterOf(index) };
      const reply = await serving.chat(target, question(index), never);
      tokens += (await jsonOf(reply)).usage.completion_tokens;
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return tokens / ((performance.now() - started) / 1000);
}

const works: Readonly<Record<string, Work>> = {
  base: { adapterOf: () => null },
  one_adapter: { adapterOf: () => names[0] ?? null },
  mixed: { adapterOf: (index) => names[index % names.length] ?? null },
  grouped: { adapterOf: (index) => names[Math.floor(index / (requests / names.length))] ?? null },
  base_one_at_a_time: { adapterOf: () => null, clients: 1 },
};

const median = (all: readonly number[]) => all.toSorted((a, b) => a - b)[all.length >> 1] ?? Number.NaN;
const figures: Record<string, number[]> = {};
// All of them are loaded before the clock runs.
for (const name of names) await jsonOf(await serving.engine(base.id, name).chat(ask("Hi"), never));
for (let round = 0; round < rounds; round += 1) {
  for (const [name, work] of Object.entries(works)) {
    const found = await measure(work);
    figures[name] = [...(figures[name] ?? []), found];
    console.log(`${round + 1} of ${rounds}  ${name.padEnd(18)} ${found.toFixed(1)} tokens/s`);
  }
}
const medians = Object.fromEntries(Object.entries(figures).map(([name, all]) => [name, median(all)]));
const ratio = (name: string) => Math.round((100 * (medians[name] ?? 0)) / (medians.base ?? 1)) / 100;
const report = {
  engine,
  slots,
  threads: Number(values.threads),
  tokens_per_second: medians,
  of_base: { one_adapter: ratio("one_adapter"), mixed: ratio("mixed"), grouped: ratio("grouped") },
};
console.log(JSON.stringify(report, null, 2));
if (values.write) keepResults(engine === "vllm" ? "adapters-vllm" : "adapters", report);
