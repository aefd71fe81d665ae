import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { adapterIn } from "../../bundle/inspect.ts";
import { PROBE } from "../../bundle/names.ts";
import type { BundleManifest, ModelImport } from "../../contract/bundles.ts";
import { Refusal } from "../../contract/errors.ts";
import { FidelityProbe } from "../../contract/training.ts";
import type { Adapters } from "../models/adapters.ts";
import type { Base } from "../models/bases.ts";
import type { Clock } from "../platform/clock.ts";
import { isMissing } from "../platform/disk.ts";
import type { Gate } from "../platform/gate.ts";
import { newAdapterId } from "../platform/ids.ts";
import type { Log } from "../platform/log.ts";
import type { CreateScratch } from "../platform/scratch.ts";
import { EngineError } from "../serving/engine.ts";
import { type BaseRecords, presentBase } from "./base-records.ts";
import type { BundleStore, TunedModel } from "./bundle-store.ts";
import { arrange, isSameAdapter } from "./kept-folder.ts";
import { receiveBundle } from "./receive.ts";
import { asRefusal, invalidBundle, isStopping, nameTaken, unfaithful } from "./refusals.ts";
import { assertSameBase, baseFor } from "./same-base.ts";

type Owner = { readonly projectId: string; readonly organizationId: string };

/** One import at work; `folder` is where its files are unpacked. */
type Work = { readonly owner: Owner; readonly folder: string; readonly signal: AbortSignal };

export type ImportNeeds = {
  store: BundleStore;
  bases: ReadonlyMap<string, Base>;
  baseRecord: BaseRecords;
  adapters: Adapters;
  createScratch: CreateScratch;
  /** Holds an adapter against the answers that its trainer gave. */
  checkFidelity: (
    base: string,
    adapter: string,
    probe: FidelityProbe,
    signal: AbortSignal,
  ) => Promise<{ readonly passes: boolean; readonly summary: string }>;
  releaseAdapter: (base: string, adapter: string) => Promise<void>;
  gate: Gate;
  now: Clock;
  stopping: AbortSignal;
  log: Log;
};

const DAY_SECONDS = 24 * 3600;
/** The trainer notes a few rows; a stranger's file must not keep the engine busy. */
const MOST_PROBE_BYTES = 4 * 1024 * 1024;
const MOST_PROBE_ROWS = 64;

async function readProbe(folder: string): Promise<FidelityProbe | null> {
  const text = await readFile(join(folder, PROBE), "utf8").catch((error: unknown) => {
    if (isMissing(error)) return null;
    throw error;
  });
  if (text === null) return null;
  try {
    const probe = FidelityProbe.parse(JSON.parse(text));
    if (text.length <= MOST_PROBE_BYTES && probe.rows.length <= MOST_PROBE_ROWS) return probe;
  } catch {
    // The same to whoever sent it.
  }
  throw invalidBundle([`${PROBE} does not hold a trainer's answers.`]);
}

const answerOf = ({ model, base, created_at }: BundleManifest, was_there: boolean): ModelImport => ({
  object: "perennial.model_import",
  id: model,
  base_model: base.id,
  created: created_at,
  was_there,
});

export function createImports(needs: ImportNeeds) {
  const { store, adapters, now, log } = needs;

  function assertDates({ created_at }: BundleManifest): void {
    if (created_at > now() + DAY_SECONDS) throw invalidBundle(["it says that it was made in the future."]);
  }

  /** True: the very same model is there. A name that means something else is refused. */
  async function isThere(manifest: BundleManifest, { owner, signal }: Work): Promise<boolean> {
    const row = await store.findAny(manifest.model);
    if (!row) return false;
    if (row.project_id !== owner.projectId) throw nameTaken(manifest.model, false);
    if (row.deleted_at !== null) return false;
    if (await isSameAdapter(adapters.folderOf(row.adapter), manifest, signal)) return true;
    throw nameTaken(manifest.model, true);
  }

  const rowOf = (
    { projectId, organizationId }: Owner,
    manifest: BundleManifest,
    adapter: string,
  ): TunedModel => ({
    id: manifest.model,
    project_id: projectId,
    organization_id: organizationId,
    base_model: manifest.base.id,
    adapter,
    job_id: null,
    created_at: manifest.created_at,
    deleted_at: null,
    imported_at: now(),
  });

  async function assertFaithful(
    probe: FidelityProbe,
    asked: { base: string; adapter: string },
    signal: AbortSignal,
  ) {
    try {
      const { passes, summary } = await needs.checkFidelity(asked.base, asked.adapter, probe, signal);
      if (!passes) throw unfaithful(summary);
    } catch (error) {
      if (error instanceof Refusal || signal.aborted) throw error;
      if (error instanceof EngineError)
        throw new Refusal("engine_unavailable", error.message, null, error.retryAfterSeconds);
      log.warn({ err: error }, "an imported model could not be held against its trainer's answers");
      throw unfaithful("It could not be asked what its trainer had asked it.");
    }
  }

  /** The adapter first: a crash in between leaves a folder that no model names, and the next start sweeps it away. */
  async function takeIn(manifest: BundleManifest, { owner, folder, signal }: Work): Promise<boolean> {
    const adapter = newAdapterId();
    const probe = await readProbe(folder);
    const kept = `${folder}-kept`;
    await arrange(folder, kept);
    try {
      await adapters.add(adapter, kept);
      if (probe) await assertFaithful(probe, { base: manifest.base.id, adapter }, signal);
      signal.throwIfAborted();
      if (await store.keep(rowOf(owner, manifest, adapter), now())) return true;
    } catch (error) {
      await needs.releaseAdapter(manifest.base.id, adapter);
      throw error;
    }
    await needs.releaseAdapter(manifest.base.id, adapter);
    return false;
  }

  async function take(body: ReadableStream<Uint8Array> | null, work: Work) {
    const { folder, signal } = work;
    const { manifest, inspector } = await receiveBundle(body, {
      folder,
      signal,
      onManifest: async (early) => {
        baseFor(early, needs.bases);
        assertDates(early);
        await isThere(early, work);
      },
    });
    const base = baseFor(manifest, needs.bases);
    const record = presentBase(await needs.baseRecord(base.id, signal));
    await assertSameBase(manifest, adapterIn(inspector.seen()), { base, record });
    if (await isThere(manifest, work)) return answerOf(manifest, true);
    if (await takeIn(manifest, work)) return answerOf(manifest, false);
    // Another request brought the name meanwhile.
    if (await isThere(manifest, work)) return answerOf(manifest, true);
    throw nameTaken(manifest.model, true);
  }

  /** `left`: aborts when the caller has gone. */
  return async (
    owner: Owner,
    body: ReadableStream<Uint8Array> | null,
    left: AbortSignal,
  ): Promise<ModelImport> => {
    await using scratch = await needs.createScratch();
    const signal = AbortSignal.any([left, needs.stopping]);
    try {
      const work = { owner, folder: join(scratch.folder, "bundle"), signal };
      return await needs.gate.run(() => take(body, work), signal);
    } catch (error) {
      throw needs.stopping.aborted ? isStopping() : asRefusal(error);
    }
  };
}
export type ImportModelBundle = ReturnType<typeof createImports>;
