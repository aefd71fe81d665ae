import { join } from "node:path";
import type { Config } from "./config.ts";
import { type Database, openRequestDatabase } from "./database/database.ts";
import type { Clock } from "./platform/clock.ts";
import type { Log } from "./platform/log.ts";
import { createDayCounts } from "./usage/day-counts.ts";
import { createRequestLog } from "./usage/request-log.ts";
import { createRequestStore } from "./usage/request-store.ts";
import { createUsage } from "./usage/usage.ts";
import { createUsageStore } from "./usage/usage-store.ts";

type Needs = { config: Config; db: Database; now: Clock; log: Log };

/** What is asked of models: counted by day beside everything else, and each request in a database of its own. */
export async function assembleUsage({ config, db, now, log }: Needs) {
  await using opened = new AsyncDisposableStack();
  const path = join(config.PERENNIAL_DATA, "requests.sqlite");
  const requestDb = openRequestDatabase(path);
  opened.defer(() => requestDb.destroy());
  const store = createRequestStore(requestDb);
  const dayCounts = opened.use(createDayCounts({ store: createUsageStore(db), log }));
  const newestSeq = await store.newestSeq();
  const requestLog = opened.use(
    createRequestLog({ db: requestDb, path, newestSeq, keepsRows: true, now, log }),
  );
  const stack = opened.move();
  return {
    usage: createUsage({ dayCounts, requestLog, now }),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
