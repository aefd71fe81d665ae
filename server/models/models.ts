import { Refusal } from "../../contract/errors.ts";
import type { ModelObject } from "../../contract/models.ts";
import { type ModelDates, retired } from "../lifecycle/model-dates.ts";
import type { Clock } from "../platform/clock.ts";
import type { Adapters } from "./adapters.ts";
import type { ServedBase } from "./bases.ts";
import type { ModelStore, TunedModelRow } from "./model-store.ts";

/** What answers for a model name: the base, and the adapter on it (null: none). */
export type Target = {
  /** Who asks. */
  readonly projectId: string;
  readonly model: string;
  readonly base: ServedBase;
  readonly adapter: string | null;
  /** null: its end is not planned. */
  readonly dates: ModelDates | null;
};

type Needs = {
  store: ModelStore;
  /** Those of other servers among them. */
  bases: ReadonlyMap<string, ServedBase>;
  adapters: Adapters;
  now: Clock;
  /** Tells the engines that an adapter is gone. */
  onRemoved: (base: string, adapter: string) => Promise<void>;
  modelDates: (base: string, isTuned: boolean) => ModelDates | null;
  /** Where people read about dates. */
  deprecationsPage: string;
};

/** A model as it is shown, and where it stands. */
export type DatedModel = { readonly model: ModelObject; readonly dates: ModelDates | null };

const shutdownDate = (dates: ModelDates | null) => dates?.schedule.shutdownAt ?? null;

const presentBase = (base: ServedBase, dates: ModelDates | null): ModelObject => ({
  id: base.id,
  object: "model",
  created: base.createdAt,
  owned_by: base.owner ?? "perennial",
  shutdown_date: shutdownDate(dates),
});

const presentTuned = (row: TunedModelRow, dates: ModelDates | null): ModelObject => ({
  id: row.id,
  object: "model",
  created: row.created_at,
  owned_by: row.organization_id,
  shutdown_date: shutdownDate(dates),
});

const isRetired = (dates: ModelDates | null): boolean => dates?.state === "retired";

const noSuchModel = (id: string) =>
  new Refusal(
    "model_not_found",
    `The model \`${id}\` does not exist or you do not have access to it.`,
    "model",
  );

/** OpenAI's words where a model is asked for by its path. */
const noSuchModelAt = (id: string) =>
  new Refusal("model_not_found", `The model '${id}' does not exist`, "model");

const notYours = (id: string) =>
  new Refusal(
    "permission_denied",
    `${id} belongs to another project, which shares it with yours; only a key of that project can delete it.`,
    "model",
  );

const lacksBase = ({ id, base_model }: TunedModelRow) =>
  new Refusal(
    "model_not_found",
    `The model \`${id}\` cannot be used: its base model ${base_model} is not on this server any more. Add it again.`,
    "model",
  );

export function createModels({ store, bases, adapters, now, onRemoved, modelDates, ...needs }: Needs) {
  async function getTuned(projectId: string, id: string): Promise<TunedModelRow> {
    const row = await store.findTuned(projectId, id);
    if (!row) throw noSuchModel(id);
    return row;
  }

  async function get(projectId: string, id: string): Promise<DatedModel> {
    const base = bases.get(id);
    const row = base ? undefined : await store.findTuned(projectId, id);
    const dates = base || row ? modelDates(row?.base_model ?? id, row !== undefined) : null;
    if (isRetired(dates)) throw retired(id, needs.deprecationsPage);
    if (row) return { model: presentTuned(row, dates), dates };
    if (base) return { model: presentBase(base, dates), dates };
    throw noSuchModelAt(id);
  }

  /** null: there is no such model for this project, or its base is not on this server. Its dates are not looked at. */
  async function findTarget(projectId: string, id: string): Promise<Target | null> {
    const base = bases.get(id);
    if (base) return { projectId, model: id, base, adapter: null, dates: modelDates(id, false) };
    const row = await store.findTuned(projectId, id);
    const itsBase = row && bases.get(row.base_model);
    if (!row || !itsBase) return null;
    return {
      projectId,
      model: id,
      base: itsBase,
      adapter: row.adapter,
      dates: modelDates(row.base_model, true),
    };
  }

  /** What answers for the name now: a model past its date is refused like one that never was. */
  async function resolve(projectId: string, id: string): Promise<Target> {
    const target = await findTarget(projectId, id);
    if (isRetired(target?.dates ?? null)) throw retired(id, needs.deprecationsPage);
    if (target) return target;
    throw lacksBase(await getTuned(projectId, id));
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
    if (!row) throw (await store.findTuned(projectId, id)) ? notYours(id) : noSuchModelAt(id);
    await releaseAdapter(row.base_model, row.adapter);
    return { id, object: "model" as const, deleted: true };
  }

  /**
   * A model that used the adapter is gone or uses another: its bytes go too, unless another model answers with them or
   * an open job continues from them.
   */
  async function releaseAdapter(base: string, adapter: string) {
    if (await store.isServed(adapter)) return;
    await onRemoved(base, adapter);
    const inUse = await store.listAdaptersInUse();
    if (!inUse.has(adapter)) await adapters.remove(adapter);
  }

  return {
    get,
    resolve,
    findTarget,
    remove,
    releaseAdapter,
    async list(projectId: string): Promise<ModelObject[]> {
      const tuned = (await store.listTuned(projectId)).map((row) => ({
        row,
        dates: modelDates(row.base_model, true),
      }));
      const own = [...bases.values()].map((base) => ({ base, dates: modelDates(base.id, false) }));
      return [
        ...own.filter(({ dates }) => !isRetired(dates)).map(({ base, dates }) => presentBase(base, dates)),
        ...tuned.filter(({ dates }) => !isRetired(dates)).map(({ row, dates }) => presentTuned(row, dates)),
      ];
    },
    async sweep(): Promise<void> {
      const inUse = await store.listAdaptersInUse();
      await adapters.sweep((id) => inUse.has(id));
    },
  };
}
export type Models = ReturnType<typeof createModels>;
