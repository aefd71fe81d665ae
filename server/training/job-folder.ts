import { existsSync, rmSync } from "node:fs";
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { FidelityProbe, type TrainingSpec } from "../../contract/training.ts";
import { syncPath, writeFileDurably } from "../platform/disk.ts";

const LAST_LINES = 15;
const LAST_BYTES = 16 * 1024;

/** The end of a file that may be of any size; empty: it is not there. */
async function readEnd(path: string): Promise<string> {
  try {
    await using handle = await open(path, "r");
    const { size } = await handle.stat();
    const { buffer, bytesRead } = await handle.read(
      Buffer.alloc(LAST_BYTES),
      0,
      LAST_BYTES,
      Math.max(0, size - LAST_BYTES),
    );
    return buffer.toString("utf8", 0, bytesRead);
  } catch {
    return "";
  }
}

/** The folders through which the control plane and the trainer speak (`contract/training.ts`). */
export async function createJobFolders(root: string) {
  await mkdir(root, { recursive: true });
  const folderOf = (jobId: string) => join(root, jobId);
  const inside = (jobId: string, name: string) => join(folderOf(jobId), name);

  return {
    folderOf,
    trainingFileOf: (jobId: string) => inside(jobId, "training.jsonl"),
    validationFileOf: (jobId: string) => inside(jobId, "validation.jsonl"),
    journalOf: (jobId: string) => inside(jobId, "journal.jsonl"),
    pathIn: inside,

    /** Makes the folder with all that `fill` puts there: complete or absent. */
    async create(jobId: string, fill: (aside: string) => Promise<void>): Promise<void> {
      const aside = `${folderOf(jobId)}.tmp`;
      await mkdir(aside, { recursive: true });
      try {
        await fill(aside);
        await syncPath(aside);
      } catch (error) {
        await rm(aside, { recursive: true, force: true });
        throw error;
      }
      await rename(aside, folderOf(jobId));
      await syncPath(root);
    },

    writeSpec(jobId: string, spec: TrainingSpec): void {
      const path = inside(jobId, "spec.json");
      if (!existsSync(path)) writeFileDurably(path, `${JSON.stringify(spec, null, 2)}\n`);
    },

    /** The last lines of what the trainer printed: the traceback of one that died. */
    async readLastWords(jobId: string): Promise<string[]> {
      const text = await readEnd(inside(jobId, "trainer.log"));
      return text.trimEnd().split("\n").slice(-LAST_LINES);
    },

    readProbe: async (jobId: string, name: string): Promise<FidelityProbe> =>
      FidelityProbe.parse(JSON.parse(await readFile(inside(jobId, name), "utf8"))),

    /** Asks the job's trainer to save its step and end, or takes that back. */
    askToPause(jobId: string, isAsked: boolean): void {
      const path = inside(jobId, "pause");
      if (!isAsked) rmSync(path, { force: true });
      else if (existsSync(folderOf(jobId))) writeFileDurably(path, "");
    },

    /** A trainer may still live, or left what only a resumed run needs. */
    isUntidy: (jobId: string) => existsSync(inside(jobId, "lock")),

    /** After the end: keeps the data, the spec and the journal; the adapters were taken over. */
    async tidy(jobId: string): Promise<void> {
      for (const name of ["checkpoints", "adapter", "stop", "pause", "lock"]) {
        await rm(inside(jobId, name), { recursive: true, force: true });
      }
    },

    list: () => readdir(root),
    remove: (jobId: string) => rm(folderOf(jobId), { recursive: true, force: true }),
  };
}
export type JobFolders = Awaited<ReturnType<typeof createJobFolders>>;
