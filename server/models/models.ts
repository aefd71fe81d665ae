import { Refusal } from "../../contract/errors.ts";
import type { ModelObject } from "../../contract/models.ts";
import type { Clock } from "../platform/clock.ts";
import type { Adapters } from "./adapters.ts";
import type { Base } from "./bases.ts";
import type { ModelStore, TunedModelRow } from "./model-store.ts";

/** What answers for a model name: the base, and the adapter on it (null: none). */
export type Target = { readonly model: string; readonly base: Base; readonly adapter: string | null };

type Needs = {
  store: ModelStore;
  bases: ReadonlyMap<string, Base>;
  adapters: Adapters;
  now: Clock;
  /** Tells the engines that an adapter is gone. */
  onRemoved: (base: string, adapter: string) => Promise<void>;
};

const presentBase = (base: Base): ModelObject => ({
  id: base.id,
  object: "model",
  created: base.createdAt,
  owned_by: "perennial",
});

const presentTuned = (row: TunedModelRow): ModelObject => ({
  id: row.id,
  object: "model",
  created: row.created_at,
  owned_by: row.organization_id,
});

const noSuchModel = (id: string) =>
  new Refusal(
    "model_not_found",
    `The model \`${id}\` does not exist or you do not have access to it.`,
    "model",
  );

export function createModels({ store, bases, adapters, now, onRemoved }: Needs) {
  async function find(projectId: string, id: string): Promise<{ target: Target; shown: ModelObject } | null> {
    const base = bases.get(id);
    if (base) return { target: { model: id, base, adapter: null }, shown: presentBase(base) };
    const row = await store.findTuned(projectId, id);
    const itsBase = row && bases.get(row.base_model);
    if (!row || !itsBase) return null;
    return { target: { model: id, base: itsBase, adapter: row.adapter }, shown: presentTuned(row) };
  }

  async function get(projectId: string, id: string) {
    const found = await find(projectId, id);
    if (!found) throw noSuchModel(id);
    return found;
  }

  async function remove(projectId: string, id: string) {
    if (bases.has(id)) {
      throw new Refusal(
        "permission_denied",
        `${id} is a base model; only tuned models can be deleted.`,
        "model",
      );
    }
    const row = await store.deleteTuned(projectId, id, now());
    if (!row) throw noSuchModel(id);
    await releaseAdapter(row.base_model, row.adapter);
    return { id, object: "model" as const, deleted: true };
  }

  /** A model that used the adapter is gone: its bytes go too, unless an open job continues from them. */
  async function releaseAdapter(base: string, adapter: string) {
    await onRemoved(base, adapter);
    const inUse = await store.listAdaptersInUse();
    if (!inUse.has(adapter)) await adapters.remove(adapter);
  }

  return {
    get: async (projectId: string, id: string) => (await get(projectId, id)).shown,
    resolve: async (projectId: string, id: string): Promise<Target> => (await get(projectId, id)).target,
    findTarget: async (projectId: string, id: string) => (await find(projectId, id))?.target ?? null,
    remove,
    releaseAdapter,
    async list(projectId: string): Promise<ModelObject[]> {
      const tuned = await store.listTuned(projectId);
      return [...[...bases.values()].map(presentBase), ...tuned.map(presentTuned)];
    },
    async sweep(): Promise<void> {
      const inUse = await store.listAdaptersInUse();
      await adapters.sweep((id) => inUse.has(id));
    },
  };
}
export type Models = ReturnType<typeof createModels>;
