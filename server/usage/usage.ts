import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { UsageRow, UsageStore } from "./usage-store.ts";

/** Who asked which model. */
export type UsageSubject = {
  readonly projectId: string;
  readonly organizationId: string;
  readonly keyId: string;
  readonly model: string;
  readonly base: string;
  readonly isTuned: boolean;
};

/** A request that was answered; its tokens are known later. */
export type Answered = { readonly subject: UsageSubject; readonly at: number };

type Counts = Pick<UsageRow, "requests" | "input_tokens" | "output_tokens">;
type Needs = { store: UsageStore; now: Clock; log: Log; flushMs?: number };

const DAY_SECONDS = 86_400;
/** Subjects whose last minute is remembered; more than that, and some minute is written twice. */
const MOST_REMEMBERED = 50_000;

const keyOf = ({ projectId, model, keyId }: UsageSubject) => `${projectId} ${keyId} ${model}`;

const rowOf = ({ subject, at }: Answered, counts: Counts): UsageRow => ({
  day: Math.floor(at / DAY_SECONDS),
  project_id: subject.projectId,
  key_id: subject.keyId,
  model: subject.model,
  organization_id: subject.organizationId,
  base_model: subject.base,
  is_tuned: subject.isTuned ? 1 : 0,
  first_at: at,
  last_at: at,
  ...counts,
});

const sum = (one: UsageRow, other: UsageRow): UsageRow => ({
  ...one,
  first_at: Math.min(one.first_at, other.first_at),
  last_at: Math.max(one.last_at, other.last_at),
  requests: one.requests + other.requests,
  input_tokens: one.input_tokens + other.input_tokens,
  output_tokens: one.output_tokens + other.output_tokens,
});

/**
 * Counts what is answered, in memory, and writes it once a second. When a tuned model was used last decides who may
 * train on, so the first use in a minute is written before it is answered: a crash loses no more than counts.
 */
export function createUsage({ store, now, log, flushMs = 1000 }: Needs) {
  let waiting = new Map<string, UsageRow>();
  const minutes = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;

  function keep(row: UsageRow): void {
    const key = `${row.project_id} ${row.key_id} ${row.model} ${row.day}`;
    const before = waiting.get(key);
    waiting.set(key, before ? sum(before, row) : row);
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

  function isFirstInMinute({ subject, at }: Answered): boolean {
    const key = keyOf(subject);
    const minute = Math.floor(at / 60);
    if (minutes.get(key) === minute) return false;
    if (minutes.size >= MOST_REMEMBERED) minutes.clear();
    minutes.set(key, minute);
    return true;
  }

  /** Call it when an answer is there, before it is given. */
  async function answered(subject: UsageSubject): Promise<Answered> {
    const entry = { subject, at: now() };
    keep(rowOf(entry, { requests: 1, input_tokens: 0, output_tokens: 0 }));
    if (subject.isTuned && isFirstInMinute(entry)) await flush();
    else later();
    return entry;
  }

  function addTokens(entry: Answered, input: number, output: number): void {
    keep(rowOf(entry, { requests: 0, input_tokens: input, output_tokens: output }));
    later();
  }

  return {
    answered,
    addTokens,
    flush,
    async [Symbol.asyncDispose]() {
      await flush();
      clearTimeout(timer);
    },
  };
}
export type Usage = ReturnType<typeof createUsage>;
