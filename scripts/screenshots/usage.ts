import { join } from "node:path";
import { assembleUsage } from "../../server/assemble-usage.ts";
import { readConfig } from "../../server/config.ts";
import { openDatabase } from "../../server/database/database.ts";
import { silentLog } from "../../server/platform/log.ts";
import type { Usage } from "../../server/usage/usage.ts";

export type Caller = {
  readonly organizationId: string;
  readonly projectId: string;
  readonly keyId: string;
  readonly base: string;
  readonly model: string;
  /** On a working day. */
  readonly requestsADay: number;
};

const DAYS = 13;
const DAY = 86_400;

/** The same numbers each time, from 0 to 1. */
function createChance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

/** Offices ask by day, and little at the weekend. */
function timesOf(day: number, count: number, chance: () => number): number[] {
  const weekday = new Date(day * 1000).getUTCDay();
  const wanted = Math.round(count * (weekday === 0 || weekday === 6 ? 0.2 : 0.8 + 0.4 * chance()));
  return Array.from({ length: wanted }, () => day + Math.floor((7 + 11 * chance()) * 3600));
}

async function ask(usage: Usage, caller: Caller, id: string, chance: () => number) {
  const { base, model } = caller;
  const meter = usage.begin({ ...caller, requestId: `req_${id}`, endpoint: "chat", isStreamed: false });
  meter.resolved({ model, base, isTuned: model !== base });
  await meter.answered();
  const input = 160 + Math.floor(60 * chance());
  const output = (model === base ? 30 : 4) + Math.floor(20 * chance());
  meter.end({ input, output, cached: Math.floor(input * 0.7) });
}

/** Two weeks of requests, written by the server's own parts on a clock of our own; no server may run on the folder. */
export async function playUsage(folder: string, callers: readonly Caller[]): Promise<void> {
  const config = readConfig({ PERENNIAL_DATA: folder });
  const clock = { now: 0 };
  await using opened = new AsyncDisposableStack();
  const db = openDatabase(join(folder, "perennial.sqlite"));
  opened.defer(() => db.destroy());
  const { usage } = opened.use(await assembleUsage({ config, db, now: () => clock.now, log: silentLog }));
  const today = Math.floor(Date.now() / 1000 / DAY) * DAY;
  const chance = createChance(7);
  const calls = callers.flatMap((caller) =>
    Array.from({ length: DAYS }, (_, ago) =>
      timesOf(today - (DAYS - ago) * DAY, caller.requestsADay, chance),
    ).flatMap((times) => times.map((at) => ({ at, caller }))),
  );
  for (const [index, { at, caller }] of calls.toSorted((a, b) => a.at - b.at).entries()) {
    clock.now = at;
    await ask(usage, caller, String(index), chance);
  }
}
