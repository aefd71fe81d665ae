import { createReadStream } from "node:fs";
import { mkdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { folderOf, MANIFEST, MERGED_GGUF, PEFT_CONFIG, SUMS } from "../../bundle/names.ts";
import { packTar, type TarFile, tarBytes } from "../../bundle/tar.ts";
import type { BundleManifest, ExportModel, MergedForm } from "../../contract/bundles.ts";
import { ChildFailure } from "../../training-data/child-lines.ts";
import type { JobRow } from "../fine-tuning/job-store.ts";
import type { Base } from "../models/bases.ts";
import type { Gate } from "../platform/gate.ts";
import type { Log } from "../platform/log.ts";
import type { CreateScratch } from "../platform/scratch.ts";
import type { TunedModel } from "./bundle-store.ts";
import type { JobSource } from "./job-source.ts";
import { readRecord } from "./lineage.ts";
import { isBase, isStopping, noMerge, noSuchModel, notYours, tooManyMerges, unmerged } from "./refusals.ts";
import type { RunMerge } from "./run-merge.ts";
import { recordSource, type Source } from "./source.ts";
import { finishStage, stageFiles } from "./stage.ts";

export type ExportNeeds = {
  /** The project's own, or one that is shared with it. */
  findTuned: (projectId: string, id: string) => Promise<TunedModel | undefined>;
  findJob: (id: string) => Promise<JobRow | undefined>;
  bases: ReadonlyMap<string, Base>;
  jobSource: JobSource;
  adapterFolder: (adapter: string) => string;
  recordFile: (adapter: string, name: string) => string;
  createScratch: CreateScratch;
  runMerge: RunMerge;
  /** Reading and summing up; and merging, which takes the machine. */
  gates: { readonly read: Gate; readonly merge: Gate };
  version: string;
  /** Aborts when the server stops. */
  stopping: AbortSignal;
  log: Log;
};

export type Asked = { readonly projectId: string; readonly id: string; readonly wanted: ExportModel };

/** One export at work, in a folder of its own. */
type Work = { readonly model: TunedModel; readonly folder: string; readonly signal: AbortSignal };

/** An archive on its way; `dispose` ends it whether or not it was read. */
export type Export = {
  readonly fileName: string;
  readonly bytes: number;
  readonly content: AsyncGenerator<Uint8Array>;
  readonly dispose: () => Promise<void>;
};

async function tarFilesIn(folder: string, manifest: BundleManifest): Promise<TarFile[]> {
  const names = [MANIFEST, ...manifest.files.map(({ name }) => name), SUMS];
  return Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      return {
        name,
        bytes: (await stat(path)).size,
        open: () => createReadStream(path, { highWaterMark: 1 << 20 }),
      };
    }),
  );
}

/** The archive of a staged bundle; read to its end, it takes its files along. */
async function archiveOf(
  folder: string,
  manifest: BundleManifest,
  dispose: () => Promise<void>,
): Promise<Export> {
  const files = await tarFilesIn(folder, manifest);
  async function* content() {
    try {
      yield* packTar(folderOf(manifest.model), files, manifest.created_at);
    } finally {
      await dispose();
    }
  }
  const bytes = tarBytes(files.map((file) => file.bytes));
  return { fileName: `${folderOf(manifest.model)}.tar`, bytes, content: content(), dispose };
}

export function createExports(needs: ExportNeeds) {
  const { gates, log } = needs;

  /** By the store and not by who may be called: a model that is retired, or whose base is gone, can be taken away. */
  async function ownModel(projectId: string, id: string): Promise<TunedModel> {
    if (needs.bases.has(id)) throw isBase(id);
    const model = await needs.findTuned(projectId, id);
    if (!model) throw noSuchModel(id);
    if (model.project_id !== projectId) throw notYours(id);
    return model;
  }

  async function sourceOf({ model, folder, signal }: Work): Promise<Source> {
    const record = await readRecord(model.adapter, needs.recordFile);
    if (record) return recordSource(record, (name) => needs.recordFile(model.adapter, name));
    const job = model.job_id === null ? undefined : await needs.findJob(model.job_id);
    if (!job) throw new Error(`Nothing is known of how ${model.id} was made.`);
    return needs.jobSource(model, job, { folder, signal });
  }

  function mergeable(model: TunedModel): Base {
    const base = needs.bases.get(model.base_model);
    if (!base) throw noMerge(model.id, model.base_model);
    if (gates.merge.isFull()) throw tooManyMerges();
    return base;
  }

  async function merge(form: MergedForm, { model, signal }: Work, folder: string) {
    const out = form === "gguf" ? join(folder, MERGED_GGUF) : join(folder, dirname(MERGED_GGUF));
    if (form === "gguf") await mkdir(dirname(out), { recursive: true });
    // The staged one: the model may be deleted meanwhile.
    const adapterFolder = form === "gguf" ? folder : join(folder, dirname(PEFT_CONFIG));
    // At the gate itself: whoever came in between counts.
    const base = mergeable(model);
    try {
      await gates.merge.run(() => needs.runMerge({ form, base, adapterFolder, out }, signal), signal);
    } catch (error) {
      if (!(error instanceof ChildFailure)) throw error;
      log.error({ err: error, model: model.id }, "a model could not be merged");
      throw unmerged();
    }
  }

  async function stage(work: Work, wanted: ExportModel) {
    const { model, signal } = work;
    const folder = join(work.folder, "bundle");
    const source = await sourceOf(work);
    const adapterFolder = needs.adapterFolder(model.adapter);
    if (!(await stageFiles(source, { folder, adapterFolder, withData: wanted.training_data })))
      throw noSuchModel(model.id);
    if (wanted.merged) await merge(wanted.merged, work, folder);
    return { folder, manifest: await finishStage(folder, source, { version: needs.version, signal }) };
  }

  /** `left`: aborts when the caller has gone. */
  return async ({ projectId, id, wanted }: Asked, left: AbortSignal): Promise<Export> => {
    const model = await ownModel(projectId, id);
    if (wanted.merged) mergeable(model);
    const scratch = await needs.createScratch();
    const signal = AbortSignal.any([left, needs.stopping]);
    const dispose = async () => scratch[Symbol.asyncDispose]();
    try {
      const gate = wanted.merged ? null : gates.read;
      const make = () => stage({ model, folder: scratch.folder, signal }, wanted);
      const { folder, manifest } = await (gate ? gate.run(make, signal) : make());
      return await archiveOf(folder, manifest, dispose);
    } catch (error) {
      await dispose();
      throw needs.stopping.aborted ? isStopping() : error;
    }
  };
}
export type ExportModelBundle = ReturnType<typeof createExports>;
