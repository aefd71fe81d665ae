#!/usr/bin/env node
// Plain JavaScript: this may be run by a Node that cannot run TypeScript.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { become, nodeBinary } from "../scripts/node-26.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const binary = nodeBinary(root);

if (!existsSync(binary) || !existsSync(join(root, ".venv", "setup-stamp"))) {
  console.error("Run npm run setup first.");
  process.exit(1);
}
await become(binary, [join(root, "cli", "main.ts"), ...process.argv.slice(2)]);
