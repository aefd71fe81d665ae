import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import OpenAI, { toFile } from "openai";
import { trainingJsonl } from "../support/rows.ts";
import {
  BASE,
  checkout,
  lacksModel,
  newFolder,
  PROJECT_KEY,
  type Server,
  startServer,
} from "../support/server.ts";

type Job = OpenAI.FineTuning.FineTuningJob;

const jobsOf = (server: Server) =>
  new OpenAI({ baseURL: `${server.url}/v1`, apiKey: PROJECT_KEY, maxRetries: 0 }).fineTuning.jobs;

async function startJob(server: Server, trainingFile: string): Promise<string> {
  const supervised = { hyperparameters: { n_epochs: 3, batch_size: 6 } };
  const method = { type: "supervised" as const, supervised };
  return (await jobsOf(server).create({ model: BASE, training_file: trainingFile, seed: 3, method })).id;
}

async function until(server: Server, id: string, isWanted: (job: Job) => boolean | Promise<boolean>) {
  const end = performance.now() + 240_000;
  while (performance.now() < end) {
    const job = await jobsOf(server).retrieve(id);
    if (await isWanted(job)) return job;
    await new Promise((wait) => setTimeout(wait, 100));
  }
  throw new Error(`Job ${id} did not become as wanted.`);
}
const hasEnded = ({ status }: Job) => ["succeeded", "failed", "cancelled"].includes(status);

async function messagesOf(server: Server, id: string): Promise<string[]> {
  return (await jobsOf(server).listEvents(id, { limit: 1000 })).data.map(({ message }) => message).reverse();
}
const stepsIn = (messages: readonly string[]) =>
  messages.flatMap((text) => /^Step (\d+)\/9/.exec(text)?.[1] ?? []).map(Number);

/** Adapters are kept under ids of their own: each is known by what is in it. */
function adaptersIn(folder: string): Set<string> {
  const path = join(folder, "adapters");
  const names = existsSync(path) ? readdirSync(path) : [];
  return new Set(
    names.map((name) =>
      createHash("sha256")
        .update(readFileSync(join(path, name, "adapter_model.safetensors")))
        .digest("hex"),
    ),
  );
}

const journal = readFileSync(join(checkout, "trainer/trainer/journal.py"), "utf8");
/** Why the trainer of this checkout cannot be paused; false: it can. */
const lacksPause: string | false = journal.includes('"paused"') ? false : "this trainer tells no `paused`";

describe("a real training that is paused", { skip: lacksModel || lacksPause }, () => {
  const folder = newFolder();
  after(() => rmSync(folder, { recursive: true, force: true }));

  test("goes on at its next step, also after a kill -9 of the server, and ends in the same adapter bit for bit", async () => {
    const first = await startServer({ folder });
    const { files } = new OpenAI({ baseURL: `${first.url}/v1`, apiKey: PROJECT_KEY });
    const data = await toFile(Buffer.from(trainingJsonl(18)), "train.jsonl");
    const { id: file } = await files.create({ file: data, purpose: "fine-tune" });
    const id = await startJob(first, file);
    await until(first, id, async () => stepsIn(await messagesOf(first, id)).length >= 4);
    assert.equal((await jobsOf(first).pause(id)).status, "running");
    await until(first, id, ({ status }) => status === "queued");
    const paused = (await messagesOf(first, id)).at(-1) ?? "";
    const step = Number(/^The job has been paused at step (\d+)$/.exec(paused)?.[1]);
    assert.ok(step >= 4 && step < 9, paused);
    await first.kill();
    await using second = await startServer({ folder });
    assert.equal((await jobsOf(second).resume(id)).status, "queued");
    const job = await until(second, id, hasEnded);
    assert.equal(job.status, "succeeded", JSON.stringify(job.error));
    const messages = await messagesOf(second, id);
    assert.deepEqual(
      stepsIn(messages),
      Array.from({ length: 9 }, (_, index) => index + 1),
    );
    assert.ok(messages.includes(`Training goes on from the checkpoint at step ${step}`));
    const interrupted = adaptersIn(folder);
    const whole = await until(second, await startJob(second, file), hasEnded);
    assert.equal(whole.status, "succeeded", JSON.stringify(whole.error));
    assert.equal(whole.trained_tokens, job.trained_tokens);
    assert.deepEqual(adaptersIn(folder), interrupted);
  });
});
