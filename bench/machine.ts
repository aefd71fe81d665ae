import { writeFileSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";
import { join } from "node:path";

/** Where the figures come from. */
const machine = () => ({
  cpu: cpus()[0]?.model,
  cores: availableParallelism(),
  memory_gib: Math.round(totalmem() / 2 ** 30),
  node: process.version,
});

/** Keeps a benchmark's outcome as `results/<name>.json`, with machine and date. */
export function keepResults(name: string, report: object): void {
  const dated = { name, date: new Date().toISOString().slice(0, 10), machine: machine(), ...report };
  writeFileSync(join(import.meta.dirname, "results", `${name}.json`), `${JSON.stringify(dated, null, 2)}\n`);
}
