import assert from "node:assert/strict";
import { test } from "node:test";
import { openDatabase } from "../database/database.ts";
import { createTestApp } from "../test-app.ts";
import { createJob } from "../test-job.ts";
import { message } from "./job.ts";
import { createJobStore, type JobEnd } from "./job-store.ts";

test("what wants to know of a job's end is part of it: if that fails, the job has not ended", async () => {
  await using app = await createTestApp();
  const job = await createJob(app);
  await app.nextRun();
  const db = openDatabase(`${app.folder}/perennial.sqlite`);
  const told: JobEnd[] = [];
  let announced = 0;
  const store = createJobStore(db, {
    record: async (_trx, end) => {
      told.push(end);
      if (told.length === 1) throw new Error("no room");
    },
    announce: () => {
      announced += 1;
    },
  });
  const cancel = () => store.moveJob(job.id, "cancelled", { finished_at: 5 }, [message("cancelled")], 5);
  await assert.rejects(cancel(), /no room/);
  assert.equal((await store.findAnyJob(job.id))?.status, "running");
  assert.equal(announced, 0);
  assert.equal(await cancel(), true);
  assert.equal(await cancel(), false);
  const projectId = (await store.findAnyJob(job.id))?.project_id;
  const end = { id: job.id, projectId, status: "cancelled", at: 5 };
  assert.deepEqual([told, announced], [[end, end], 1]);
  await db.destroy();
});

test("a change that ends no job is told to nobody", async () => {
  await using app = await createTestApp();
  const job = await createJob(app);
  await app.nextRun();
  const db = openDatabase(`${app.folder}/perennial.sqlite`);
  const told: string[] = [];
  const store = createJobStore(db, {
    record: async (_trx, { status }) => {
      told.push(status);
    },
    announce: () => {},
  });
  const row = await store.findAnyJob(job.id);
  const offset = row?.journal_offset ?? 0;
  const step = { patch: { last_step: 1 }, events: [] };
  assert.equal(await store.applyChange(job.id, offset, offset + 1, step, 5), true);
  assert.deepEqual(told, []);
  const end = { patch: { finished_at: 6 }, events: [], status: "failed" as const };
  assert.equal(
    await store.applyChange(job.id, offset, offset + 2, end, 6),
    false,
    "an offset that has passed",
  );
  assert.equal(await store.applyChange(job.id, offset + 1, offset + 2, end, 6), true);
  assert.deepEqual(told, ["failed"]);
  await db.destroy();
});
