import type { RequestDatabase } from "../database/database.ts";
import { createWriteBehind } from "../database/write-behind.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { EndedCall } from "./call.ts";
import {
  createRequestStore,
  type RequestRow,
  requestRow,
  requestStatements,
  STATEMENT,
} from "./request-store.ts";
import { createSpanSums } from "./span-sums.ts";

type Needs = {
  readonly db: RequestDatabase;
  readonly path: string;
  /** For which each request has a row of its own; 0: only sums are kept. */
  readonly keepDays: number;
  readonly now: Clock;
  readonly log: Log;
  readonly flushMs?: number;
};

const DAY_SECONDS = 86_400;
const KEPT_HOURS_SECONDS = 400 * DAY_SECONDS;
const KEPT_MINUTES_SECONDS = 3 * DAY_SECONDS;
/** Rows are numbered by the microsecond. */
const SEQ_SECOND = 1_000_000;

/** Keeps requests that have ended: in memory for a moment, then behind the server's back on the disk. */
export async function openRequestLog({ db, path, keepDays, now, log, flushMs = 200 }: Needs) {
  const store = createRequestStore(db);
  let newestSeq = await store.newestSeq();
  let lost = 0;
  const writer = createWriteBehind({
    path,
    statements: requestStatements(db),
    onLost: (count, problem) => {
      lost += count;
      log.error({ count, problem }, "metered requests could not be written and are lost");
    },
  });
  let rows: RequestRow[] = [];
  const hours = createSpanSums(3600);
  const minutes = createSpanSums(60);
  let timer: NodeJS.Timeout | undefined;

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    const taken = rows;
    rows = [];
    writer.write([
      ...taken.map((row) => [STATEMENT.insertRequest, Object.values(row)] as const),
      ...hours.take().map((span) => [STATEMENT.addHour, Object.values(span)] as const),
      ...minutes.take().map((span) => [STATEMENT.addMinute, Object.values(span)] as const),
    ]);
  }

  function ended(call: EndedCall): void {
    const at = now();
    newestSeq = Math.max(newestSeq + 1, at * SEQ_SECOND);
    if (keepDays > 0) rows.push(requestRow(call, newestSeq));
    if (call.answeredAt !== null) {
      hours.add(call, at);
      minutes.add(call, at);
    }
    timer ??= setTimeout(flush, flushMs).unref();
  }

  /** So many rows at a time: other rows wait to be written. */
  async function expire(): Promise<void> {
    const at = now();
    const keptFrom = (keepDays === 0 ? at + 1 : at - keepDays * DAY_SECONDS) * SEQ_SECOND;
    writer.write([
      [STATEMENT.removeHours, [at - KEPT_HOURS_SECONDS]],
      [STATEMENT.removeMinutes, [at - KEPT_MINUTES_SECONDS]],
    ]);
    await writer.settled();
    for (let oldest = await store.oldestSeq(); oldest !== null && oldest < keptFrom; ) {
      writer.write([[STATEMENT.removeRequests, [keptFrom]]]);
      await writer.settled();
      const next = await store.oldestSeq();
      // A disk that takes no removal must not be asked for ever.
      if (next === oldest) return;
      oldest = next;
    }
  }

  return {
    ended,
    expire,
    /** Resolves when everything until now is on the disk. */
    async flush(): Promise<void> {
      flush();
      await writer.settled();
    },
    countLost: () => lost,
    async [Symbol.asyncDispose]() {
      flush();
      await writer[Symbol.asyncDispose]();
    },
  };
}
export type RequestLog = Awaited<ReturnType<typeof openRequestLog>>;
