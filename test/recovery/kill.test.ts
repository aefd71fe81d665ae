import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import OpenAI, { toFile } from "openai";
import { GRASS, question, trainingJsonl } from "../support/rows.ts";
import { BASE, lacksModel, newFolder, PROJECT_KEY, type Server, startServer } from "../support/server.ts";

type Job = OpenAI.FineTuning.FineTuningJob;

const clientOf = (server: Server) =>
  new OpenAI({ baseURL: `${server.url}/v1`, apiKey: PROJECT_KEY, maxRetries: 0 });

async function startJob(client: OpenAI, rows: number, epochs: number): Promise<Job> {
  const file = await client.files.create({
    file: await toFile(Buffer.from(trainingJsonl(rows)), "train.jsonl"),
    purpose: "fine-tune",
  });
  const hyperparameters = { n_epochs: epochs, batch_size: 6 };
  const method = { type: "supervised" as const, supervised: { hyperparameters } };
  return client.fineTuning.jobs.create({ model: BASE, training_file: file.id, seed: 3, method });
}

const messagesOf = async (client: OpenAI, id: string) =>
  (await client.fineTuning.jobs.listEvents(id, { limit: 1000 })).data.map((event) => event.message).reverse();

async function until<T>(look: () => Promise<T | undefined | false | null>, what: string): Promise<T> {
  const end = performance.now() + 240_000;
  while (performance.now() < end) {
    const found = await look();
    if (found) return found;
    await new Promise((wait) => setTimeout(wait, 100));
  }
  throw new Error(`It never came to this: ${what}`);
}

const untilStep = (client: OpenAI, id: string, step: number) =>
  until(
    async () => (await messagesOf(client, id)).some((text) => text.startsWith(`Step ${step}/`)),
    `step ${step}`,
  );

const untilEnd = (client: OpenAI, id: string) =>
  until(async () => {
    const job = await client.fineTuning.jobs.retrieve(id);
    return ["succeeded", "failed", "cancelled"].includes(job.status) && job;
  }, "the job's end");

const stepsOf = (messages: string[]) =>
  messages.filter((text) => /^Step \d/.test(text)).map((text) => text.split(":")[0]);
const stepsTo = (total: number) => Array.from({ length: total }, (_, index) => `Step ${index + 1}/${total}`);

/** The process that writes the job's journal. */
function trainerPid(folder: string, jobId: string): number {
  const lines = readFileSync(join(folder, "jobs", jobId, "journal.jsonl"), "utf8")
    .trim()
    .split("\n");
  const starts = lines.map((line) => JSON.parse(line)).filter((event) => event.type === "started");
  return starts.at(-1).pid;
}

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe("kill -9", { skip: lacksModel }, () => {
  const folder = newFolder();
  after(() => rmSync(folder, { recursive: true, force: true }));

  test("of the server loses nothing that was answered, and the training does not notice", async () => {
    const first = await startServer({ folder });
    const job = await startJob(clientOf(first), 18, 3);
    await untilStep(clientOf(first), job.id, 2);
    const pid = trainerPid(folder, job.id);
    await first.kill();
    assert.equal(isAlive(pid), true);
    await using second = await startServer({ folder });
    const client = clientOf(second);
    assert.ok((await client.files.list()).data.some((file) => file.id === job.training_file));
    const ended = await untilEnd(client, job.id);
    assert.equal(ended.status, "succeeded", JSON.stringify(ended.error));
    assert.deepEqual(stepsOf(await messagesOf(client, job.id)), stepsTo(9));
    assert.equal(trainerPid(folder, job.id), pid);
  });

  test("of the server right after the answer to a create keeps the file and the job", async () => {
    const first = await startServer({ folder });
    const job = await startJob(clientOf(first), 12, 1);
    await first.kill();
    await using second = await startServer({ folder });
    const ended = await untilEnd(clientOf(second), job.id);
    assert.equal(ended.status, "succeeded", JSON.stringify(ended.error));
  });

  test("of the trainer makes the job go on from its last checkpoint, each step told once", async () => {
    await using server = await startServer({ folder });
    const client = clientOf(server);
    const job = await startJob(client, 24, 3);
    await untilStep(client, job.id, 5);
    process.kill(trainerPid(folder, job.id), "SIGKILL");
    const ended = await untilEnd(client, job.id);
    assert.equal(ended.status, "succeeded", JSON.stringify(ended.error));
    const messages = await messagesOf(client, job.id);
    assert.deepEqual(stepsOf(messages), stepsTo(12));
    assert.ok(messages.some((text) => text.includes("goes on from the checkpoint at step 4")));
  });

  test("of the engine in the middle of a stream ends that stream with an error, and the next request is answered", async () => {
    await using server = await startServer({ folder });
    const client = clientOf(server);
    const stream = await client.chat.completions.create({
      model: BASE,
      messages: [{ role: "user", content: "Write a very long story." }],
      max_tokens: 2000,
      stream: true,
    });
    let killed = false;
    await assert.rejects(async () => {
      for await (const _chunk of stream) {
        if (!killed) for (const pid of enginesOf(server.pid)) process.kill(pid, "SIGKILL");
        killed = true;
      }
    });
    const answer = await client.chat.completions.create({
      model: BASE,
      messages: question(GRASS),
      max_tokens: 4,
    });
    assert.ok(answer.choices[0]);
  });

  test("of the server leaves no engine behind", async () => {
    const server = await startServer({ folder });
    await clientOf(server).chat.completions.create({ model: BASE, messages: question(GRASS), max_tokens: 1 });
    const engines = enginesOf(server.pid);
    assert.ok(engines.length > 0);
    await server.kill();
    await until(async () => engines.every((pid) => !isAlive(pid)), "the engine's end");
  });
});

/** Children of the server that serve models. */
function enginesOf(serverPid: number): number[] {
  const children = readFileSync(`/proc/${serverPid}/task/${serverPid}/children`, "utf8")
    .trim()
    .split(" ")
    .filter(Boolean);
  return children.map(Number).filter((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("llama"));
}
