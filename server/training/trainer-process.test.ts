import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createTrainer } from "./trainer-process.ts";

const python = join(import.meta.dirname, "fixtures", "played-python.mjs");
const trainerOf = (folder: string, graceMs = 3000) =>
  createTrainer({ python, trainerFolder: folder, graceMs });

/** A folder for the job and its trainer, which does as `play` says. */
function folderFor(play: string) {
  const folder = mkdtempSync(join(tmpdir(), "perennial-trainer-"));
  writeFileSync(join(folder, "play"), play);
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

async function until<T>(look: () => T | null | undefined | false, what: string): Promise<T> {
  for (let tries = 0; tries < 1000; tries += 1) {
    const found = look();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`It never came to this: ${what}`);
}

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};
const started = (folder: string) => until(() => existsSync(join(folder, "journal.jsonl")), "a start");

test("a trainer that ignores SIGTERM is killed after a while", async () => {
  using job = folderFor("hang");
  const process = trainerOf(job.folder, 50).start(job.folder);
  await started(job.folder);
  await process.stop();
  assert.equal(await process.ended, "signal SIGKILL");
});

test("killing a trainer ends what it had forked too, and leaves no request to stop behind", async () => {
  using job = folderFor("fork");
  const process = trainerOf(job.folder).start(job.folder);
  const path = join(job.folder, "forked.pid");
  const forked = Number(await until(() => existsSync(path) && readFileSync(path, "utf8"), "a fork"));
  await process.kill();
  await until(() => !isAlive(forked), "the end of what was forked");
  assert.equal(existsSync(join(job.folder, "stop")), false);
});

test("a trainer that another server had started is found, killed, and found no more", async () => {
  using job = folderFor("hang");
  const first = trainerOf(job.folder).start(job.folder);
  await started(job.folder);
  const found = await trainerOf(job.folder).findRunning(job.folder);
  assert.ok(found);
  assert.equal(found.pid(), first.pid());
  await found.kill();
  await first.ended;
  assert.equal(await trainerOf(job.folder).findRunning(job.folder), null);
});

const lacksSessions = existsSync("/proc/self/autogroup") ? false : "no sessions that share the processor";

test("a trainer's session has the processor after those of engines", { skip: lacksSessions }, async () => {
  using job = folderFor("hang");
  const process = trainerOf(job.folder).start(job.folder);
  await started(job.folder);
  assert.match(readFileSync(`/proc/${process.pid()}/autogroup`, "utf8"), /nice 10$/m);
  await process.kill();
});
