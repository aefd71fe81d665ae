import type { Database } from "./database/database.ts";
import { createChanges } from "./lifecycle/changes.ts";
import { createFactsStore } from "./lifecycle/facts-store.ts";
import { createImpactStore } from "./lifecycle/impact-store.ts";
import { createLifecycle } from "./lifecycle/lifecycle.ts";
import { createLifecycleStore } from "./lifecycle/lifecycle-store.ts";
import { createStatus } from "./lifecycle/status.ts";
import type { ModelStore } from "./models/model-store.ts";
import type { Clock } from "./platform/clock.ts";

type Needs = {
  db: Database;
  bases: ReadonlyMap<string, unknown>;
  modelStore: ModelStore;
  now: Clock;
  deprecationsPage: string;
  /** There may be something to tell. */
  onChanged: () => void;
};

/** Dates, policies and the facts that they ask about. */
export async function assembleLifecycle({ db, bases, modelStore, now, deprecationsPage, onChanged }: Needs) {
  const store = createLifecycleStore(db);
  const facts = createFactsStore(db);
  const lifecycle = createLifecycle({ store, facts, now, deprecationsPage });
  await lifecycle.reload();
  const listTuned = async (projectId: string) =>
    (await modelStore.listTuned(projectId)).map(({ id, base_model }) => ({ id, base: base_model }));
  return {
    lifecycle,
    changes: createChanges({
      store,
      impact: createImpactStore(db),
      facts,
      lifecycle,
      bases,
      now,
      onChanged,
    }),
    status: createStatus({ lifecycle, facts, bases, listTuned, now }),
  };
}
