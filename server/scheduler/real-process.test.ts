import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createTestApp } from "../test-app.ts";
import { createJob, hasEnded } from "../test-job.ts";
import { createTrainer } from "../training/trainer-process.ts";

const python = resolve(import.meta.dirname, "../training/fixtures/played-python.mjs");

/** Trainers that are real processes and do as `play` says. */
function trainersThat(play: string) {
  const trainerFolder = mkdtempSync(join(tmpdir(), "perennial-played-"));
  writeFileSync(join(trainerFolder, "play"), play);
  return {
    trainer: createTrainer({ python, trainerFolder }),
    [Symbol.dispose]: () => rmSync(trainerFolder, { recursive: true }),
  };
}

/** Memory that is held, without what only waits to be swept up. */
function heldBytes(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  return process.memoryUsage().arrayBuffers;
}

const messageOf = (job: Record<string, unknown>) => (job.error as { message: string }).message;

test("a process that hangs is killed and started again, and the job fails in the end", async () => {
  using played = trainersThat("hang");
  await using app = await createTestApp({ trainer: played.trainer, parts: { silenceMs: 150 } });
  const { id } = await createJob(app);
  const job = await app.waitForJob(id, hasEnded);
  assert.match(messageOf(job), /it said nothing for 0\.15 s and was killed/);
});

test("a process that fills its journal with rubbish is killed, and takes no memory of the server", async () => {
  using played = trainersThat("rubbish");
  await using app = await createTestApp({ trainer: played.trainer, parts: { silenceMs: 2500 } });
  const { id } = await createJob(app);
  const before = heldBytes();
  const job = await app.waitForJob(id, hasEnded);
  assert.match(messageOf(job), /said nothing/);
  assert.ok(statSync(join(app.folder, "jobs", id, "journal.jsonl")).size > 2_000_000);
  const held = heldBytes() - before;
  assert.ok(held < 10_000_000, String(held));
});

test("a process that ends well without a word is one that crashed", async () => {
  using played = trainersThat("quit");
  await using app = await createTestApp({ trainer: played.trainer });
  const { id } = await createJob(app);
  assert.match(messageOf(await app.waitForJob(id, hasEnded)), /stopped unexpectedly.*exit code 0/);
});
