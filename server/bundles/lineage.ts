import { readFile } from "node:fs/promises";
import { parseManifest } from "../../bundle/inspect.ts";
import { MANIFEST } from "../../bundle/names.ts";
import type { BundleManifest, BundleRecipe } from "../../contract/bundles.ts";
import type { JobRow } from "../fine-tuning/job-store.ts";
import { isMissing } from "../platform/disk.ts";
import type { BundleStore, TunedModel } from "./bundle-store.ts";

export type LineageNeeds = {
  store: BundleStore;
  findJob: (id: string) => Promise<JobRow | undefined>;
  /** A file that came with an imported model. */
  recordFile: (adapter: string, name: string) => string;
};

const MOST_PARENTS = 50;

type Parents = BundleRecipe["parents"];

/** What an imported model brought along; null: it was trained here, or its files are gone. */
export async function readRecord(
  adapter: string,
  recordFile: LineageNeeds["recordFile"],
): Promise<BundleManifest | null> {
  try {
    return parseManifest(await readFile(recordFile(adapter, MANIFEST), "utf8"));
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** Of another project's model nothing but its name is told, which the job itself names. */
const ownRow = (row: TunedModel | undefined, projectId: string) =>
  row?.project_id === projectId ? row : null;

/** The tuned models that a job goes on from, the nearest first, as far back as this server knows. */
export async function parentsOf(job: JobRow, { store, findJob, recordFile }: LineageNeeds): Promise<Parents> {
  const parents: Parents = [];
  let current: JobRow | undefined = job;
  while (current && current.parent_adapter !== null && parents.length < MOST_PARENTS) {
    const row = ownRow(await store.findAny(current.model), job.project_id);
    const record = row && (await readRecord(row.adapter, recordFile));
    parents.push({ model: current.model, job_id: record?.job.id ?? row?.job_id ?? null });
    if (record) return [...parents, ...record.recipe.parents].slice(0, MOST_PARENTS);
    current = row?.job_id ? await findJob(row.job_id) : undefined;
  }
  return parents;
}
