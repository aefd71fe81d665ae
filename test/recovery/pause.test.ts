import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { after, describe, test } from "node:test";
import OpenAI, { toFile } from "openai";
import { PLAYED_BASE, startPlayedServer } from "../support/played-server.ts";
import { trainingJsonl } from "../support/rows.ts";
import { newFolder, PROJECT_KEY, type Server } from "../support/server.ts";

type Job = OpenAI.FineTuning.FineTuningJob;

const jobsOf = (server: Server) =>
  new OpenAI({ baseURL: `${server.url}/v1`, apiKey: PROJECT_KEY, maxRetries: 0 }).fineTuning.jobs;

async function startJob(server: Server): Promise<string> {
  const { files } = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: PROJECT_KEY });
  const data = await toFile(Buffer.from(trainingJsonl(12)), "train.jsonl");
  const { id } = await files.create({ file: data, purpose: "fine-tune" });
  return (await jobsOf(server).create({ model: PLAYED_BASE, training_file: id })).id;
}

async function until(server: Server, id: string, isWanted: (job: Job) => boolean): Promise<Job> {
  for (let tries = 0; tries < 400; tries += 1) {
    const job = await jobsOf(server).retrieve(id);
    if (isWanted(job)) return job;
    await new Promise((wait) => setTimeout(wait, 50));
  }
  throw new Error(`Job ${id} did not become as wanted.`);
}

const isAtWork = ({ status, estimated_finish }: Job) =>
  status === "running" && typeof estimated_finish === "number";
const isPaused = (job: Job) => job.status === "queued" && typeof Reflect.get(job, "paused_at") === "number";

async function stepsOf(server: Server, id: string): Promise<number[]> {
  const steps: number[] = [];
  for await (const { message } of jobsOf(server).listEvents(id, { limit: 1000 })) {
    const step = /^Step (\d+)\//.exec(message)?.[1];
    if (step) steps.push(Number(step));
  }
  return steps.reverse();
}
const assertEachOnce = (steps: readonly number[]) =>
  assert.deepEqual(
    steps,
    steps.map((_, index) => index + 1),
  );

describe("kill -9 of the server around a pause", () => {
  const folder = newFolder();
  after(() => rmSync(folder, { recursive: true, force: true }));

  test("right after the answer to a pause: the job is paused when the server is back", async () => {
    const first = await startPlayedServer({ folder });
    const id = await startJob(first);
    await until(first, id, isAtWork);
    await jobsOf(first).pause(id);
    await first.kill();
    await using second = await startPlayedServer({ folder });
    await until(second, id, isPaused);
    await jobsOf(second).resume(id);
    await until(second, id, isAtWork);
    await jobsOf(second).cancel(id);
    assertEachOnce(await stepsOf(second, id));
  });

  test("while a job is paused, and right after the answer to a resume: it goes on where it was", async () => {
    const first = await startPlayedServer({ folder });
    const id = await startJob(first);
    await until(first, id, isAtWork);
    await jobsOf(first).pause(id);
    await until(first, id, isPaused);
    await first.kill();
    const second = await startPlayedServer({ folder });
    await until(second, id, isPaused);
    const before = (await stepsOf(second, id)).length;
    await jobsOf(second).resume(id);
    await second.kill();
    await using third = await startPlayedServer({ folder });
    await until(third, id, isAtWork);
    await jobsOf(third).cancel(id);
    const steps = await stepsOf(third, id);
    assert.ok(steps.length > before);
    assertEachOnce(steps);
  });

  test("right after a pause was taken back: the trainer is not asked again", async () => {
    const first = await startPlayedServer({ folder });
    const id = await startJob(first);
    await until(first, id, isAtWork);
    await jobsOf(first).pause(id);
    await jobsOf(first).resume(id);
    await first.kill();
    await using second = await startPlayedServer({ folder });
    const job = await until(second, id, isAtWork);
    assert.equal(Reflect.get(job, "paused_at"), null);
    await jobsOf(second).cancel(id);
    assertEachOnce(await stepsOf(second, id));
  });
});
