/** How much memory does the control plane hold when it does nothing, with 1,000 tuned models registered? */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { z } from "zod";
import { stopSignal } from "../scripts/demo/process.ts";
import { openDatabase } from "../server/database/database.ts";
import { saidUrl } from "./gateway/listening.ts";
import { type Started, startProcess } from "./gateway/processes.ts";
import { residentMb } from "./gateway/usage.ts";
import { keepResults } from "./machine.ts";

const { values } = parseArgs({
  options: { models: { type: "string", default: "1000" }, write: { type: "boolean", default: false } },
});
const COUNT = Number(values.models);
const BASE = "smollm2-135m-instruct";
const KEY = "sk-bench-0123456789";
const IDLE_MS = 10_000;
/** As long ago as makes no difference. */
const CREATED_AT = 1_780_000_000;

const root = join(import.meta.dirname, "..");

const startServer = (folder: string, signal: AbortSignal): Promise<Started> =>
  startProcess({
    name: "Perennial",
    command: process.execPath,
    args: [join(root, "server", "main.ts")],
    env: {
      NODE_ENV: "production",
      PERENNIAL_DATA: folder,
      PERENNIAL_BASES: process.env.PERENNIAL_BASES ?? join(root, "data", "bases"),
      PERENNIAL_PORT: "0",
      PERENNIAL_API_KEY: KEY,
    },
    ready: saidUrl,
    signal,
  });

/** Models as an import leaves them: a row and a folder each. */
async function register(folder: string): Promise<void> {
  const db = openDatabase(join(folder, "perennial.sqlite"));
  const project = await db.selectFrom("projects").selectAll().executeTakeFirstOrThrow();
  const names = Array.from({ length: COUNT }, (_, index) => `bench-${index}`);
  const rows = names.map((name) => ({
    id: `ft:${BASE}:personal::${name}`,
    project_id: project.id,
    organization_id: project.organization_id,
    base_model: BASE,
    adapter: name,
    job_id: null,
    created_at: CREATED_AT,
    deleted_at: null,
    imported_at: CREATED_AT,
  }));
  await db.insertInto("tuned_models").values(rows).execute();
  await db.destroy();
  for (const name of names) writeAdapter(join(folder, "adapters", name));
}

function writeAdapter(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const config = { r: 16, lora_alpha: 32, target_modules: ["q_proj", "v_proj"] };
  writeFileSync(join(folder, "adapter_config.json"), JSON.stringify(config));
  writeFileSync(join(folder, "adapter.gguf"), "");
}

const ModelList = z.object({ data: z.array(z.object({ id: z.string() })) });

async function get(url: string): Promise<Response> {
  const answer = await fetch(url, { headers: { authorization: `Bearer ${KEY}` } });
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}: ${await answer.text()}`);
  return answer;
}

/** That the models are there, and what a client that starts asks for. */
async function useABit(url: string, expected: number): Promise<void> {
  const listed = ModelList.parse(await (await get(`${url}/v1/models`)).json());
  const tuned = listed.data.filter(({ id }) => id.startsWith("ft:"));
  if (tuned.length !== expected) throw new Error(`${tuned.length} tuned models are listed, not ${expected}.`);
  for (const { id } of tuned.slice(0, 20)) await (await get(`${url}/v1/models/${id}`)).arrayBuffer();
  await (await get(`${url}/metrics`)).arrayBuffer();
}

async function measure(folder: string, expected: number, signal: AbortSignal) {
  await using server = await startServer(folder, signal);
  const ready = residentMb(server.group);
  await useABit(server.url, expected);
  const used = residentMb(server.group);
  await sleep(IDLE_MS, null, { signal });
  return { tuned_models: expected, ready_mb: ready, used_mb: used, idle_mb: residentMb(server.group) };
}

async function main(signal: AbortSignal): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "perennial-bench-"));
  try {
    const results = [await measure(folder, 0, signal)];
    await register(folder);
    results.push(await measure(folder, COUNT, signal));
    console.log(JSON.stringify(results, null, 2));
    if (values.write) keepResults("idle-memory", { goal_mb: 150, results });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

using stop = stopSignal();
await main(stop.signal);
