import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import OpenAI, { BadRequestError, RateLimitError, toFile } from "openai";
import { type Conformance, createConformance, lacksSchemas } from "../support/conformance.ts";
import { PLAYED_BASE, startPlayedServer } from "../support/played-server.ts";
import { pairsJsonl, trainingJsonl } from "../support/rows.ts";
import { PROJECT_KEY, python, type Server } from "../support/server.ts";

type Job = OpenAI.FineTuning.FineTuningJob;

/** What the official clients do with a job beside creating it and waiting for its end. */
describe("the openai package: pausing, resuming, creating once, limits", () => {
  let server: Server;
  let client: OpenAI;
  let conformance: Conformance;
  let file: string;

  before(async () => {
    server = await startPlayedServer({ env: { PERENNIAL_PROJECT_WAITING_JOBS: "2" } });
    conformance = createConformance();
    client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: PROJECT_KEY, fetch: conformance.fetch });
    const data = await toFile(Buffer.from(trainingJsonl(12)), "train.jsonl");
    file = (await client.files.create({ file: data, purpose: "fine-tune" })).id;
  });
  after(async () => {
    await server?.[Symbol.asyncDispose]();
  });

  const jobs = () => client.fineTuning.jobs;
  const request = (): OpenAI.FineTuning.JobCreateParams => ({ model: PLAYED_BASE, training_file: file });

  async function until(id: string, isWanted: (job: Job) => boolean): Promise<Job> {
    for (let tries = 0; tries < 400; tries += 1) {
      const job = await jobs().retrieve(id);
      if (isWanted(job)) return job;
      await new Promise((wait) => setTimeout(wait, 50));
    }
    throw new Error(`Job ${id} did not become as wanted.`);
  }
  const isAtWork = (job: Job) => job.status === "running" && typeof job.estimated_finish === "number";
  const pausedAt = (job: Job) => Reflect.get(job, "paused_at");

  test("a running job is paused, gives its place away, and goes on from its step", async () => {
    const job = await jobs().create(request());
    const next = await jobs().create(request());
    await until(job.id, isAtWork);
    assert.equal((await jobs().pause(job.id)).status, "running");
    const paused = await until(job.id, ({ status }) => status === "queued");
    assert.equal(typeof pausedAt(paused), "number");
    await until(next.id, isAtWork);
    await jobs().cancel(next.id);
    assert.equal(pausedAt(await jobs().resume(job.id)), null);
    await until(job.id, isAtWork);
    await jobs().cancel(job.id);
    const steps: number[] = [];
    for await (const { message } of jobs().listEvents(job.id, { limit: 50 })) {
      const step = /^Step (\d+)\//.exec(message)?.[1];
      if (step) steps.push(Number(step));
    }
    assert.deepEqual(
      steps.reverse(),
      steps.map((_, index) => index + 1),
    );
  });

  test("refusals are told at once, not after the retries of a client", async () => {
    const job = await jobs().create(request());
    for (const call of [() => jobs().resume(job.id), () => jobs().pause("ftjob-nothere")]) {
      const asked = performance.now();
      await assert.rejects(call, OpenAI.APIError);
      assert.ok(performance.now() - asked < 400);
    }
    await jobs().pause(job.id);
    await assert.rejects(jobs().pause(job.id), { status: 400, code: "job_already_paused" });
    assert.equal((await jobs().cancel(job.id)).status, "cancelled");
  });

  test("a create that is sent twice under one key makes one job", async () => {
    const options = { headers: { "Idempotency-Key": "night-run" } };
    const [one, two] = await Promise.all([
      jobs().create(request(), options),
      jobs().create(request(), options),
    ]);
    assert.equal(one.id, two.id);
    await assert.rejects(jobs().create({ ...request(), seed: 1 }, options), (error: unknown) => {
      assert.ok(error instanceof BadRequestError);
      assert.deepEqual([error.code, error.param], ["idempotency_key_reused", "Idempotency-Key"]);
      return true;
    });
    await jobs().cancel(one.id);
  });

  test("a preference job, and Perennial's own hyperparameters beside OpenAI's", async () => {
    const hyperparameters = { beta: 0.1, n_epochs: 2, batch_size: "auto" as const, lora_r: 8 };
    const pairs = await toFile(Buffer.from(pairsJsonl(12)), "pairs.jsonl");
    const { id: training_file } = await client.files.create({ file: pairs, purpose: "fine-tune" });
    const method = { type: "dpo" as const, dpo: { hyperparameters } };
    const job = await jobs().create({ ...request(), training_file, method });
    assert.equal(job.method?.type, "dpo");
    assert.equal(job.method?.dpo?.hyperparameters?.beta, 0.1);
    assert.equal(Reflect.get(job.hyperparameters, "lora_r"), 8);
    await jobs().cancel(job.id);
    const integrations = [{ type: "wandb" as const, wandb: { project: "p" } }];
    await assert.rejects(jobs().create({ ...request(), integrations }), {
      status: 400,
      param: "integrations",
    });
  });

  test("more jobs than may wait are refused as a rate limit", async () => {
    const made = [await jobs().create(request())];
    await until(made[0]?.id ?? "", isAtWork);
    for (let count = 0; count < 2; count += 1) made.push(await jobs().create(request()));
    await assert.rejects(jobs().create(request()), (error: unknown) => {
      assert.ok(error instanceof RateLimitError);
      assert.equal(error.code, "rate_limit_exceeded");
      return true;
    });
    for (const { id } of made) await jobs().cancel(id);
  });

  test("jobs are read page by page through a metadata filter, of which an empty one filters nothing", async () => {
    const job = await jobs().create({ ...request(), metadata: { team: "", run: "7" } });
    const idsOf = async (metadata: Record<string, string> | null | undefined) => {
      const found: string[] = [];
      for await (const one of jobs().list({ limit: 2, ...(metadata === undefined ? {} : { metadata }) })) {
        found.push(one.id);
      }
      return found;
    };
    assert.deepEqual(await idsOf({ team: "", run: "7" }), [job.id]);
    assert.deepEqual(await idsOf({}), await idsOf(undefined));
    assert.deepEqual(await idsOf(null), (await idsOf(undefined)).slice(1));
    await jobs().cancel(job.id);
  });

  test("the openai package for Python does the same in strict mode", {
    skip: !existsSync(python),
  }, async () => {
    const path = join(server.folder, "train.jsonl");
    writeFileSync(path, trainingJsonl(12));
    const script = join(import.meta.dirname, "jobs_sdk.py");
    const args = [script, `${server.url}/v1`, PROJECT_KEY, path, PLAYED_BASE];
    const { stdout } = await promisify(execFile)(python, args, { timeout: 120_000 });
    assert.equal(stdout.trim(), "ok");
  });

  test("every answer on the way has OpenAI's own schema", { skip: lacksSchemas }, () => {
    assert.deepEqual(conformance.failures, []);
    assert.ok((conformance.checked.get("FineTuningJob") ?? 0) > 20);
  });
});
