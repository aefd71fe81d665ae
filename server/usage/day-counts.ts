import type { Log } from "../platform/log.ts";
import type { AnsweringModel, Call, EndedCall } from "./call.ts";
import type { UsageRow, UsageStore } from "./usage-store.ts";

type Counts = Pick<UsageRow, "requests" | "input_tokens" | "output_tokens" | "cached_tokens">;
type Needs = { store: UsageStore; log: Log; flushMs?: number };

const DAY_SECONDS = 86_400;
/** Subjects whose last minute is remembered; more than that, and some minute is written twice. */
const MOST_REMEMBERED = 50_000;

const rowOf = (call: Call, answering: AnsweringModel, at: number, counts: Counts): UsageRow => ({
  day: Math.floor(at / DAY_SECONDS),
  project_id: call.projectId,
  key_id: call.keyId,
  model: answering.model,
  organization_id: call.organizationId,
  base_model: answering.base,
  is_tuned: answering.isTuned ? 1 : 0,
  first_at: at,
  last_at: at,
  ...counts,
});

function addTo(sum: UsageRow, row: UsageRow): void {
  sum.first_at = Math.min(sum.first_at, row.first_at);
  sum.last_at = Math.max(sum.last_at, row.last_at);
  sum.requests += row.requests;
  sum.input_tokens += row.input_tokens;
  sum.output_tokens += row.output_tokens;
  sum.cached_tokens += row.cached_tokens;
}

const noTokens = { input_tokens: 0, output_tokens: 0, cached_tokens: 0 };

/**
 * Counts what is answered by day, in memory, and writes it once a second. When a tuned model was used last decides who
 * may train on, so the first use in a minute is written before it is answered: a crash loses no more than counts.
 */
export function createDayCounts({ store, log, flushMs = 1000 }: Needs) {
  let waiting = new Map<string, UsageRow>();
  const minutes = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;

  function keep(row: UsageRow): void {
    const key = `${row.project_id} ${row.key_id} ${row.model} ${row.day}`;
    const before = waiting.get(key);
    if (before) addTo(before, row);
    else waiting.set(key, row);
  }

  function later(): void {
    timer ??= setTimeout(() => void flush(), flushMs).unref();
  }

  async function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const rows = waiting;
    if (rows.size === 0) return;
    waiting = new Map();
    try {
      await store.add([...rows.values()]);
    } catch (err) {
      log.error({ err }, "usage could not be written; it is tried again");
      for (const row of rows.values()) keep(row);
      later();
    }
  }

  function isFirstInMinute({ projectId, keyId }: Call, { model }: AnsweringModel, at: number): boolean {
    const key = `${projectId} ${keyId} ${model}`;
    const minute = Math.floor(at / 60);
    if (minutes.get(key) === minute) return false;
    if (minutes.size >= MOST_REMEMBERED) minutes.clear();
    minutes.set(key, minute);
    return true;
  }

  async function answered(call: Call, answering: AnsweringModel, at: number): Promise<void> {
    keep(rowOf(call, answering, at, { requests: 1, ...noTokens }));
    if (answering.isTuned && isFirstInMinute(call, answering, at)) await flush();
    else later();
  }

  /** The tokens of a request that was answered. */
  function ended(call: EndedCall): void {
    const { answering, answeredAt, tokens } = call;
    if (answering === null || answeredAt === null) return;
    const { input: input_tokens, output: output_tokens, cached: cached_tokens } = tokens;
    keep(rowOf(call, answering, answeredAt, { requests: 0, input_tokens, output_tokens, cached_tokens }));
    later();
  }

  return {
    answered,
    ended,
    flush,
    async [Symbol.asyncDispose]() {
      await flush();
      clearTimeout(timer);
    },
  };
}
export type DayCounts = ReturnType<typeof createDayCounts>;
