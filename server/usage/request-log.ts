import type { RequestDatabase } from "../database/database.ts";
import { createWriteBehind } from "../database/write-behind.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { EndedCall } from "./call.ts";
import { type RequestRow, requestRow, requestStatements, type Span, spanOf } from "./request-store.ts";

type Needs = {
  readonly db: RequestDatabase;
  readonly path: string;
  readonly newestSeq: number;
  /** Whether each request has a row of its own; without, only sums are kept. */
  readonly keepsRows: boolean;
  readonly now: Clock;
  readonly log: Log;
  readonly flushMs?: number;
};

const MINUTE_SECONDS = 60;
const HOUR_SECONDS = 3600;

function addTo(sum: Span, { tokens }: EndedCall): void {
  sum.requests += 1;
  sum.input_tokens += tokens.input;
  sum.output_tokens += tokens.output;
  sum.cached_tokens += tokens.cached;
}

/** Sums of hours or minutes that are not written yet. */
function createSums(seconds: number) {
  let sums = new Map<string, Span>();
  return {
    add(call: EndedCall, at: number): void {
      const start = at - (at % seconds);
      const key = `${start} ${call.projectId} ${call.keyId} ${call.answering?.model}`;
      const sum = sums.get(key);
      if (sum) addTo(sum, call);
      else sums.set(key, spanOf(call, start));
    },
    take(): Span[] {
      const taken = [...sums.values()];
      sums = new Map();
      return taken;
    },
  };
}

/** Keeps requests that have ended: in memory for a moment, then behind the server's back on the disk. */
export function createRequestLog({ db, path, keepsRows, now, log, flushMs = 200, ...needs }: Needs) {
  const { insertRequest, addHour, addMinute } = requestStatements(db);
  let lost = 0;
  const writer = createWriteBehind({
    path,
    statements: [insertRequest, addHour, addMinute],
    onLost: (count, problem) => {
      lost += count;
      log.error({ count, problem }, "metered requests could not be written and are lost");
    },
  });
  let newestSeq = needs.newestSeq;
  let rows: RequestRow[] = [];
  const hours = createSums(HOUR_SECONDS);
  const minutes = createSums(MINUTE_SECONDS);
  let timer: NodeJS.Timeout | undefined;

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    const taken = rows;
    rows = [];
    writer.write([
      ...taken.map((row) => [0, Object.values(row)] as const),
      ...hours.take().map((span) => [1, Object.values(span)] as const),
      ...minutes.take().map((span) => [2, Object.values(span)] as const),
    ]);
  }

  function ended(call: EndedCall): void {
    const at = now();
    newestSeq = Math.max(newestSeq + 1, at * 1_000_000);
    if (keepsRows) rows.push(requestRow(call, newestSeq));
    if (call.answeredAt !== null) {
      hours.add(call, at);
      minutes.add(call, at);
    }
    timer ??= setTimeout(flush, flushMs).unref();
  }

  return {
    ended,
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
export type RequestLog = ReturnType<typeof createRequestLog>;
