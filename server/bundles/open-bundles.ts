import { readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { z } from "zod";
import type { Database } from "../database/database.ts";
import type { JobStore } from "../fine-tuning/job-store.ts";
import type { Adapters } from "../models/adapters.ts";
import type { Base } from "../models/bases.ts";
import { createModelStore } from "../models/model-store.ts";
import { childEnvironment } from "../platform/child-environment.ts";
import type { Clock } from "../platform/clock.ts";
import { createGate } from "../platform/gate.ts";
import type { Log } from "../platform/log.ts";
import { createScratchFolders } from "../platform/scratch.ts";
import type { JobFolders } from "../training/job-folder.ts";
import { openBaseRecords } from "./base-records.ts";
import { createBundleStore } from "./bundle-store.ts";
import { createExports } from "./exports.ts";
import { createImports, type ImportNeeds } from "./imports.ts";
import { createJobSource } from "./job-source.ts";
import { RECORD_FOLDER } from "./kept-folder.ts";
import { createRunMerge } from "./run-merge.ts";

type Needs = Pick<ImportNeeds, "checkFidelity" | "releaseAdapter"> & {
  config: { readonly PERENNIAL_DATA: string; readonly python: string };
  db: Database;
  now: Clock;
  bases: ReadonlyMap<string, Base>;
  adapters: Adapters;
  folders: JobFolders;
  findJob: JobStore["findAnyJob"];
  log: Log;
};

const trainerFolder = resolve(import.meta.dirname, "../../trainer");
const MOST_MERGES = 4;
/** Whoever reads or sends waits for a turn. */
const ALL = Number.POSITIVE_INFINITY;

const ownVersion = (): string =>
  z
    .object({ version: z.string() })
    .parse(JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8"))).version;

/** Exports and imports of one server; disposing of it ends those that are being made. */
export async function openBundles({ config, db, ...needs }: Needs) {
  const { adapters, bases } = needs;
  const folder = join(resolve(config.PERENNIAL_DATA), "bundles");
  await mkdir(folder, { recursive: true });
  const stopping = new AbortController();
  const recordFile = (adapter: string, name: string) => join(adapters.folderOf(adapter), RECORD_FOLDER, name);
  const shared = {
    ...needs,
    store: createBundleStore(db),
    baseRecord: await openBaseRecords(join(folder, "bases.json"), bases),
    createScratch: await createScratchFolders(join(folder, "work")),
    adapterFolder: adapters.folderOf,
    recordFile,
    stopping: stopping.signal,
  };
  const exportModel = createExports({
    ...shared,
    findTuned: createModelStore(db).findTuned,
    jobSource: createJobSource(shared),
    runMerge: createRunMerge({ python: config.python, trainerFolder, env: childEnvironment(process.env) }),
    gates: { read: createGate(2, ALL), merge: createGate(1, MOST_MERGES) },
    version: ownVersion(),
  });
  const importModel = createImports({ ...shared, gate: createGate(2, ALL) });
  return { bundles: { exportModel, importModel }, [Symbol.dispose]: () => stopping.abort() };
}
export type Bundles = Awaited<ReturnType<typeof openBundles>>["bundles"];
