/** What metering and rate limits cost a request, and how the thread of requests feels the writing of 3,000 a second. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { assembleUsage } from "../server/assemble-usage.ts";
import { readConfig } from "../server/config.ts";
import { openDatabase } from "../server/database/database.ts";
import { createWriteBehind } from "../server/database/write-behind.ts";
import { estimateTokens } from "../server/generation/estimate-tokens.ts";
import { silentLog } from "../server/platform/log.ts";
import { openLimits } from "../server/rate-limits/limits.ts";
import { createRateLimitStore } from "../server/rate-limits/rate-limit-store.ts";
import { createRateLimiter } from "../server/rate-limits/rate-limiter.ts";
import { keepResults } from "./machine.ts";

const { values } = parseArgs({ options: { write: { type: "boolean", default: false } } });
const folder = mkdtempSync(join(tmpdir(), "perennial-metering-"));
const db = openDatabase(join(folder, "perennial.sqlite"));
const who = {
  projectId: "proj_abcdefghijklmnopqrstuvwx",
  organizationId: "org-abcdefghijklmnopqrstuvwx",
  keyId: "key_abcdefghijklmnop",
};
const organization = { id: who.organizationId, slug: "bench", created_at: 1, is_operator: 1 };
const project = { id: who.projectId, organization_id: who.organizationId, name: "p", is_default: 1 };
await db.insertInto("organizations").values(organization).execute();
await db
  .insertInto("projects")
  .values({ ...project, created_at: 1, archived_at: null })
  .execute();

const round = (value: number) => Math.round(value * 100) / 100;
const middle = (all: readonly number[]) => round(all.toSorted((a, b) => a - b)[all.length >> 1] ?? 0);
const now = () => Math.floor(Date.now() / 1000);

const config = readConfig({ PERENNIAL_DATA: folder });
const metered = await assembleUsage({ config, db, now, log: silentLog });
const call = { ...who, requestId: "req_".padEnd(36, "x"), endpoint: "chat", model: "base" } as const;

async function meterOne(): Promise<void> {
  const meter = metered.usage.begin({ ...call, isStreamed: true });
  meter.resolved({ model: "base", base: "base", isTuned: false });
  await meter.answered();
  meter.piece();
  meter.end({ input: 100, output: 20, cached: 50 });
}

/** Microseconds a run, in the middle of several rounds. */
async function cost(work: () => unknown, runs: number): Promise<number> {
  const rounds: number[] = [];
  for (let round = 0; round < 9; round += 1) {
    const began = performance.now();
    for (let run = 0; run < runs; run += 1) await work();
    rounds.push(((performance.now() - began) / runs) * 1000);
    // What a round leaves to be written is not the next one's.
    await delay(1300);
  }
  return middle(rounds);
}

async function limitCost(): Promise<number> {
  const standard = { requests: 600_000, tokens: 1_000_000_000 };
  const limiter = createRateLimiter({
    limits: await openLimits({ store: createRateLimitStore(db), standard }),
  });
  const messages = [{ role: "user", content: "What is the capital of France? ".repeat(10) }];
  return await cost(() => {
    const { prompt, answer } = estimateTokens({ messages, max_tokens: 16 });
    const admission = limiter.admit({ ...who, model: "base", base: "base" }, prompt + answer);
    if (!admission.refusal) admission.settle(40);
  }, 5000);
}

/** 3,000 a second for ten seconds: how late timers are, in milliseconds. */
async function lateness(
  work: () => unknown,
): Promise<{ p50: number; p99: number; p999: number; max: number }> {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  const began = performance.now();
  for (let done = 0; performance.now() - began < 10_000; await delay(1))
    for (const wanted = (performance.now() - began) * 3; done < wanted; done += 1) await work();
  delays.disable();
  const at = (percentile: number) => round(delays.percentile(percentile) / 1e6);
  return { p50: at(50), p99: at(99), p999: at(99.9), max: round(delays.max / 1e6) };
}

const TABLE = `create table rows (${Array.from({ length: 14 }, (_, index) => `c${index}`).join(", ")})`;
const INSERT = `insert into rows values (${Array.from({ length: 14 }, () => "?").join(", ")})`;
const BATCH = 600;
const batch = () =>
  Array.from(
    { length: BATCH },
    (_, index) =>
      [
        0,
        [
          index,
          call.requestId,
          now(),
          who.organizationId,
          who.projectId,
          who.keyId,
          "base",
          1,
          "ok",
          1,
          2,
          3,
          4.5,
          6.7,
        ],
      ] as const,
  );

function openRows(name: string): { path: string; rows: DatabaseSync } {
  const path = join(folder, name);
  const rows = new DatabaseSync(path);
  rows.exec(`pragma journal_mode=wal; pragma synchronous=normal; ${TABLE}`);
  return { path, rows };
}

/** The longest and the middle of 100 batches, a fifth of a second of 3,000 requests each. */
async function batches(write: (rows: ReturnType<typeof batch>) => void) {
  const times: number[] = [];
  for (let count = 0; count < 100; count += 1) {
    const rows = batch();
    const began = performance.now();
    write(rows);
    times.push(performance.now() - began);
    await delay(50);
  }
  return { middle_ms: middle(times), longest_ms: round(Math.max(...times)) };
}

async function handedOver() {
  const { path, rows } = openRows("behind.sqlite");
  rows.close();
  await using writer = createWriteBehind({ path, statements: [INSERT], onLost: () => {} });
  return await batches(writer.write);
}

async function writtenHere() {
  const { rows } = openRows("here.sqlite");
  const insert = rows.prepare(INSERT);
  const times = await batches((all) => {
    rows.exec("begin immediate");
    for (const [, row] of all) insert.run(...row);
    rows.exec("commit");
  });
  rows.close();
  return times;
}

const results = {
  meter_us: await cost(meterOne, 5000),
  limit_us: await limitCost(),
  batch_of_600: { handed_over: await handedOver(), written_on_the_same_thread: await writtenHere() },
  timers_late_ms: { idle: await lateness(() => {}), metering_3000_a_second: await lateness(meterOne) },
};
console.log(JSON.stringify(results, null, 2));
await metered[Symbol.asyncDispose]();
await db.destroy();
rmSync(folder, { recursive: true });
if (values.write) keepResults("metering", { results });
