import { replay } from "./play.ts";

await replay((line) => process.stdout.write(`${JSON.stringify(line)}\n`));
