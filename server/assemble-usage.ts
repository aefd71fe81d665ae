import { join } from "node:path";
import type { Config } from "./config.ts";
import { type Database, openRequestDatabase } from "./database/database.ts";
import type { Clock } from "./platform/clock.ts";
import type { Log } from "./platform/log.ts";
import { createDayCounts } from "./usage/day-counts.ts";
import { openRequestLog } from "./usage/request-log.ts";
import { createRequestMetrics } from "./usage/request-metrics.ts";
import { createRequestQueryStore } from "./usage/request-query-store.ts";
import { createRequests } from "./usage/requests.ts";
import { createUsage } from "./usage/usage.ts";
import { createUsageStore } from "./usage/usage-store.ts";
import { createUsageSums } from "./usage/usage-sums.ts";

type Needs = { config: Config; db: Database; now: Clock; log: Log };

/** What is asked of models: counted by day beside everything else, and each request in a database of its own. */
export async function assembleUsage({ config, db, now, log }: Needs) {
  await using opened = new AsyncDisposableStack();
  const path = join(config.PERENNIAL_DATA, "requests.sqlite");
  const requestDb = openRequestDatabase(path);
  opened.defer(() => requestDb.destroy());
  const days = createUsageStore(db);
  const dayCounts = opened.use(createDayCounts({ store: days, log }));
  const keepDays = config.PERENNIAL_REQUEST_LOG_DAYS;
  const requestLog = opened.use(await openRequestLog({ db: requestDb, path, keepDays, now, log }));
  const metrics = createRequestMetrics();
  const store = createRequestQueryStore(requestDb);
  const flush = async () => {
    await Promise.all([dayCounts.flush(), requestLog.flush()]);
  };
  const stack = opened.move();
  return {
    usage: createUsage({ dayCounts, requestLog, metrics, now }),
    questions: {
      requests: createRequests({ store, flush }),
      usageSums: createUsageSums({ days, spans: store, now, flush }),
    },
    /** For Prometheus. */
    metricLines: () => metrics.lines(requestLog.countLost()),
    expire: requestLog.expire,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
