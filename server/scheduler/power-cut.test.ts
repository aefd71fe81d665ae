import assert from "node:assert/strict";
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createTestApp, type PlayedRun, type TestApp } from "../test-app.ts";
import { createJob, eventsOf, hasEnded, resolved, step, writeCheckpoint, writeFinish } from "../test-job.ts";

/**
 * What a `kill -9` leaves is what is on the disk at that moment. Each stage of a job is reached, the data folder is
 * copied as it is, and a server on the copy must bring the job to its end.
 */
type Stage = {
  readonly name: string;
  /** Brings the job to the stage; returns its id. */
  reach(app: TestApp): Promise<string>;
  /** What the job is on the copy, before its trainer is heard again. */
  readonly finds: RegExp;
  /** Steps that a trainer which is started on the copy has left to do; null: none may be started. */
  readonly goesOnAt: number | null;
  readonly ends: "succeeded" | "cancelled" | "paused";
};

const post = (app: TestApp, id: string, verb: string) => app.post(`/v1/fine_tuning/jobs/${id}/${verb}`, {});

async function withSteps(app: TestApp, last: number): Promise<{ id: string; run: PlayedRun }> {
  const { id } = await createJob(app);
  const run = await app.nextRun();
  run.write({ type: "started", pid: 1, resumed_from_step: 0 });
  run.write(resolved);
  for (let number = 1; number <= last; number += 1) run.write(step(number));
  writeCheckpoint(run, last);
  await app.waitForJob(id, ({ estimated_finish }) => estimated_finish !== null);
  return { id, run };
}

const stages: Stage[] = [
  {
    name: "right after its creation",
    reach: async (app) => (await createJob(app)).id,
    finds: /validating_files|queued|running/,
    goesOnAt: 1,
    ends: "succeeded",
  },
  {
    name: "in the queue behind another",
    reach: async (app) => {
      await createJob(app);
      await app.nextRun();
      const { id } = await createJob(app, { suffix: "second" });
      await app.waitForJob(id, ({ status }) => status === "queued");
      return id;
    },
    finds: /queued/,
    goesOnAt: 1,
    ends: "succeeded",
  },
  {
    name: "with its trainer just started",
    reach: async (app) => {
      const { id } = await createJob(app);
      await app.nextRun();
      return id;
    },
    finds: /running/,
    goesOnAt: 1,
    ends: "succeeded",
  },
  {
    name: "in the middle of its training",
    reach: async (app) => (await withSteps(app, 2)).id,
    finds: /running/,
    goesOnAt: 3,
    ends: "succeeded",
  },
  {
    name: "asked to pause, its trainer gone without an answer",
    reach: async (app) => {
      const { id } = await withSteps(app, 2);
      await post(app, id, "pause");
      return id;
    },
    finds: /running|queued/,
    goesOnAt: null,
    ends: "paused",
  },
  {
    name: "paused by its trainer, which nobody has read yet",
    reach: async (app) => {
      const { id, run } = await withSteps(app, 2);
      await post(app, id, "pause");
      run.write({ type: "paused", step: 2 });
      return id;
    },
    finds: /running|queued/,
    goesOnAt: null,
    ends: "paused",
  },
  {
    name: "paused",
    reach: async (app) => {
      const { id, run } = await withSteps(app, 2);
      await post(app, id, "pause");
      run.write({ type: "paused", step: 2 });
      run.end();
      await app.waitForJob(id, ({ status }) => status === "queued");
      return id;
    },
    finds: /queued/,
    goesOnAt: null,
    ends: "paused",
  },
  {
    name: "resumed",
    reach: async (app) => {
      const { id, run } = await withSteps(app, 2);
      await post(app, id, "pause");
      run.write({ type: "paused", step: 2 });
      run.end();
      await app.waitForJob(id, ({ status }) => status === "queued");
      await post(app, id, "resume");
      return id;
    },
    finds: /queued|running/,
    goesOnAt: 3,
    ends: "succeeded",
  },
  {
    name: "finished by its trainer, which nobody has read yet",
    reach: async (app) => {
      const { id, run } = await withSteps(app, 4);
      writeFinish(run);
      return id;
    },
    finds: /running|succeeded/,
    goesOnAt: null,
    ends: "succeeded",
  },
  {
    name: "cancelled, its trainer still at work",
    reach: async (app) => {
      const { id } = await withSteps(app, 2);
      await post(app, id, "cancel");
      return id;
    },
    finds: /cancelled/,
    goesOnAt: null,
    ends: "cancelled",
  },
];

function playFrom(run: PlayedRun, first: number) {
  run.write({ type: "started", pid: 2, resumed_from_step: first - 1 });
  run.write(resolved);
  for (let number = first; number <= 4; number += 1) run.write(step(number));
  writeCheckpoint(run, 4);
  writeFinish(run);
  run.end();
}

async function playUntilOurs(app: TestApp, id: string, first: number) {
  for (;;) {
    const run = await app.nextRun();
    const isOurs = run.folder.endsWith(id);
    playFrom(run, isOurs ? first : 1);
    if (isOurs) return;
  }
}

async function onCopy(folder: string, id: string, stage: Stage) {
  await using app = await createTestApp({ folder });
  assert.match((await app.json(app.call(`/v1/fine_tuning/jobs/${id}`))).status, stage.finds);
  if (stage.goesOnAt !== null) await playUntilOurs(app, id, stage.goesOnAt);
  const isThere = (job: { status: string } & Record<string, unknown>) =>
    stage.ends === "paused" ? job.status === "queued" && job.paused_at !== null : hasEnded(job);
  const job = await app.waitForJob(id, isThere);
  if (stage.ends !== "paused") assert.equal(job.status, stage.ends);
  if (stage.goesOnAt === null) assert.deepEqual(app.trainerFolders, []);
  const steps = (await eventsOf(app, id)).filter((text) => text.startsWith("Step "));
  assert.deepEqual(steps, [...new Set(steps)]);
  if (stage.ends === "succeeded") assert.equal(steps.length, 4);
  if (stage.ends === "cancelled") assert.equal(existsSync(join(folder, "jobs", id, "checkpoints")), false);
  if (stage.ends !== "paused") return;
  await post(app, id, "resume");
  await playUntilOurs(app, id, 3);
  assert.equal((await app.waitForJob(id, hasEnded)).status, "succeeded");
}

for (const stage of stages) {
  test(`a server that is killed with a job ${stage.name} brings it to its end`, async () => {
    const folder = mkdtempSync(join(tmpdir(), "perennial-cut-"));
    {
      await using app = await createTestApp();
      const id = await stage.reach(app);
      cpSync(app.folder, folder, { recursive: true });
      await onCopy(folder, id, stage);
    }
    rmSync(folder, { recursive: true });
  });
}
