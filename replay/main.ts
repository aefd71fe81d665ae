import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { replay } from "./play.ts";

const folder = mkdtempSync(join(tmpdir(), "perennial-replay-"));
const remove = () => rmSync(folder, { recursive: true, force: true });
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => {
    remove();
    process.exit(1);
  });
await replay(folder, (line) => process.stdout.write(`${JSON.stringify(line)}\n`)).finally(remove);
