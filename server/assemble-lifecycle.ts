import type { Database } from "./database/database.ts";
import { createFactsStore } from "./lifecycle/facts-store.ts";
import { createLifecycle } from "./lifecycle/lifecycle.ts";
import { createLifecycleStore } from "./lifecycle/lifecycle-store.ts";
import type { Clock } from "./platform/clock.ts";
import type { Log } from "./platform/log.ts";
import { createUsage } from "./usage/usage.ts";
import { createUsageStore } from "./usage/usage-store.ts";

type Needs = { db: Database; now: Clock; log: Log };

/** Dates, policies and the facts that they ask about. */
export async function assembleLifecycle({ db, now, log }: Needs) {
  const lifecycle = createLifecycle({ store: createLifecycleStore(db), facts: createFactsStore(db), now });
  await lifecycle.reload();
  return { lifecycle, usage: createUsage({ store: createUsageStore(db), now, log }) };
}
