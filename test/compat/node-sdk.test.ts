import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import OpenAI, { APIError, toFile } from "openai";
import { type Conformance, createConformance, lacksSchemas } from "../support/conformance.ts";
import { GRASS, GRASS_COLOUR, question, trainingJsonl } from "../support/rows.ts";
import { ADMIN_KEY, BASE, lacksModel, PROJECT_KEY, type Server, startServer } from "../support/server.ts";

/** The official Node client against the real server with the real model: what OpenAI's own examples do. */
describe("the openai package for Node", { skip: lacksModel }, () => {
  let server: Server;
  let client: OpenAI;
  let conformance: Conformance;
  let tuned: string;
  let jobId: string;

  before(async () => {
    server = await startServer();
    conformance = createConformance();
    client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: PROJECT_KEY, fetch: conformance.fetch });
  });
  after(async () => {
    await server?.[Symbol.asyncDispose]();
  });

  const upload = (rows: number, name: string) =>
    toFile(Buffer.from(trainingJsonl(rows)), name).then((file) =>
      client.files.create({ file, purpose: "fine-tune" }),
    );

  test("fine-tunes a model on an uploaded file and a validation file", async () => {
    const training = await upload(36, "train.jsonl");
    const validation = await upload(12, "valid.jsonl");
    assert.equal((await client.files.waitForProcessing(training.id)).status, "processed");
    const job = await client.fineTuning.jobs.create({
      model: BASE,
      training_file: training.id,
      validation_file: validation.id,
      suffix: "colours",
      seed: 7,
      metadata: { git: "abc" },
      method: {
        type: "supervised",
        supervised: { hyperparameters: { n_epochs: 8, batch_size: 6, learning_rate_multiplier: 2 } },
      },
    });
    jobId = job.id;
    let now = job;
    while (!["succeeded", "failed", "cancelled"].includes(now.status)) {
      await new Promise((wait) => setTimeout(wait, 300));
      now = await client.fineTuning.jobs.retrieve(job.id);
    }
    assert.equal(now.status, "succeeded", JSON.stringify(now.error));
    assert.match(now.fine_tuned_model ?? "", /^ft:smollm2-135m-instruct:personal:colours:\w{8}$/);
    assert.deepEqual(now.method?.supervised?.hyperparameters, {
      n_epochs: 8,
      batch_size: 6,
      learning_rate_multiplier: 2,
    });
    assert.ok((now.trained_tokens ?? 0) > 36 * 8 * 10);
    tuned = now.fine_tuned_model ?? "";
  });

  test("pages through the job's events, which tell every step and the fidelity check", async () => {
    const messages: string[] = [];
    for await (const event of client.fineTuning.jobs.listEvents(jobId, { limit: 7 }))
      messages.push(event.message);
    messages.reverse();
    assert.equal(messages[0], `Created fine-tuning job: ${jobId}`);
    const steps = messages.filter((text) => text.startsWith("Step "));
    assert.deepEqual(
      steps.map((text) => text.split(":")[0]),
      Array.from({ length: 48 }, (_, index) => `Step ${index + 1}/48`),
    );
    assert.match(steps[5] ?? "", /full validation loss=/);
    assert.ok(messages.some((text) => /fidelity/i.test(text)));
    assert.equal(messages.at(-1), "The job has successfully completed");
  });

  test("lists the checkpoints of the last three epochs, the last of which is the model itself", async () => {
    const { data } = await client.fineTuning.jobs.checkpoints.list(jobId);
    assert.deepEqual(
      data.map((checkpoint) => checkpoint.step_number),
      [48, 42, 36],
    );
    assert.equal(data[0]?.fine_tuned_model_checkpoint, tuned);
    assert.match(data[1]?.fine_tuned_model_checkpoint ?? "", /:ckpt-step-42$/);
    assert.ok((data[0]?.metrics.full_valid_loss ?? 9) < (data[2]?.metrics.full_valid_loss ?? 0) + 0.5);
  });

  test("the tuned model has learnt the rows and the base has not", async () => {
    const ask = async (model: string) => {
      const answer = await client.chat.completions.create({
        model,
        messages: question(GRASS),
        temperature: 0,
        max_tokens: 8,
      });
      return answer.choices[0]?.message.content?.trim();
    };
    assert.equal(await ask(tuned), GRASS_COLOUR);
    assert.notEqual(await ask(BASE), GRASS_COLOUR);
  });

  test("a checkpoint answers too", async () => {
    const { data } = await client.fineTuning.jobs.checkpoints.list(jobId);
    const model = data[1]?.fine_tuned_model_checkpoint ?? "";
    const answer = await client.chat.completions.create({ model, messages: question(GRASS), max_tokens: 4 });
    assert.equal(answer.model, model);
  });

  test("the model answers from another of its checkpoints once that is chosen, and is taken back", async () => {
    const certainty = async (model: string) => {
      // Of what it was trained on it is certain after every epoch.
      const messages = [{ role: "user" as const, content: "Name a river and say where it begins." }];
      const request = { model, messages, temperature: 0, max_tokens: 1, logprobs: true };
      const { choices } = await client.chat.completions.create(request);
      return choices[0]?.logprobs?.content?.[0]?.logprob ?? Number.NaN;
    };
    const listed = async () => (await client.fineTuning.jobs.checkpoints.list(jobId)).data;
    const [last, , first] = await listed();
    const choose = (checkpoint: string | undefined) =>
      client.post(`/perennial/fine_tuning/jobs/${jobId}/model`, { body: { checkpoint } });
    const [ended, earlier] = [
      await certainty(tuned),
      await certainty(first?.fine_tuned_model_checkpoint ?? ""),
    ];
    assert.ok(Math.abs(ended - earlier) > 1e-5, `${ended} and ${earlier}`);
    const isNear = (one: number, other: number) =>
      assert.ok(Math.abs(one - other) < 1e-6, `${one}, ${other}`);
    await choose(first?.id);
    isNear(await certainty(tuned), earlier);
    const [renamed] = await listed();
    isNear(await certainty(renamed?.fine_tuned_model_checkpoint ?? ""), ended);
    await choose(last?.id);
    isNear(await certainty(tuned), ended);
  });

  test("streams the same answer as it gives whole, with usage", async () => {
    const request = { model: tuned, messages: question(GRASS), temperature: 0, max_tokens: 8 };
    const whole = await client.chat.completions.create(request);
    const stream = await client.chat.completions.create({
      ...request,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = "";
    let usage: OpenAI.CompletionUsage | null | undefined;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? "";
      usage = chunk.usage ?? usage;
    }
    assert.equal(text, whole.choices[0]?.message.content);
    assert.equal(usage?.total_tokens, whole.usage?.total_tokens);
  });

  test("answers in several choices, with log-probabilities and as JSON by a schema", async () => {
    const answer = await client.chat.completions.create({
      model: BASE,
      messages: [{ role: "user", content: "Give a city." }],
      n: 2,
      max_tokens: 60,
      seed: 1,
      logprobs: true,
      top_logprobs: 2,
      response_format: {
        type: "json_schema",
        json_schema: {
          name: "city",
          schema: {
            type: "object",
            properties: { city: { type: "string", enum: ["Rome", "Oslo"] } },
            required: ["city"],
            additionalProperties: false,
          },
        },
      },
    });
    assert.equal(answer.choices.length, 2);
    for (const choice of answer.choices) {
      assert.ok(["Rome", "Oslo"].includes(JSON.parse(choice.message.content ?? "").city));
      assert.equal(choice.logprobs?.content?.[0]?.top_logprobs.length, 2);
    }
  });

  test("a prompt over the context is refused in OpenAI's words", async () => {
    const messages = [{ role: "user" as const, content: "word ".repeat(9000) }];
    await assert.rejects(client.chat.completions.create({ model: BASE, messages }), (error: unknown) => {
      assert.ok(error instanceof APIError);
      assert.deepEqual([error.status, error.code], [400, "context_length_exceeded"]);
      assert.match(error.message, /maximum context length is 8192 tokens/);
      return true;
    });
  });

  test("continues from the tuned model, and is cancelled within five seconds", async () => {
    const training = await upload(600, "long.jsonl");
    const job = await client.fineTuning.jobs.create({ model: tuned, training_file: training.id });
    assert.equal(job.model, tuned);
    for (let now = job; now.status !== "running"; ) {
      await new Promise((wait) => setTimeout(wait, 200));
      now = await client.fineTuning.jobs.retrieve(job.id);
      assert.ok(["validating_files", "queued", "running"].includes(now.status), now.status);
    }
    const asked = performance.now();
    assert.equal((await client.fineTuning.jobs.cancel(job.id)).status, "cancelled");
    const next = await client.fineTuning.jobs.create({ model: BASE, training_file: training.id });
    for (let now = next; now.status !== "running"; now = await client.fineTuning.jobs.retrieve(next.id)) {
      await new Promise((wait) => setTimeout(wait, 100));
    }
    assert.ok(performance.now() - asked < 5000 + 1000, "the cancelled job still holds its place");
    await client.fineTuning.jobs.cancel(next.id);
  });

  test("lists jobs by metadata, files by purpose, models; and deletes", async () => {
    const jobs = await client.fineTuning.jobs.list({ metadata: { git: "abc" } });
    assert.deepEqual(
      jobs.data.map((job) => job.id),
      [jobId],
    );
    const results = await client.files.list({ purpose: "fine-tune-results" });
    const [csv] = results.data;
    assert.ok(csv);
    assert.match(
      await (await client.files.content(csv.id)).text(),
      /^step,train_loss,train_mean_token_accuracy/,
    );
    const models = await client.models.list();
    assert.ok(models.data.some((model) => model.id === tuned));
    assert.equal((await client.models.retrieve(tuned)).id, tuned);
    assert.deepEqual(await client.models.delete(tuned), { id: tuned, object: "model", deleted: true });
    await assert.rejects(client.chat.completions.create({ model: tuned, messages: question(GRASS) }), {
      status: 404,
      code: "model_not_found",
    });
  });

  test("makes a project and a key with the admin client, and neither key nor prompt is in the log", async () => {
    const admin = new OpenAI({ baseURL: `${server.url}/v1`, adminAPIKey: ADMIN_KEY, apiKey: "" });
    const project = await admin.admin.organization.projects.create({ name: "Other" });
    const account = await admin.admin.organization.projects.serviceAccounts.create(project.id, {
      name: "ci",
    });
    const other = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: account.api_key?.value ?? "" });
    assert.deepEqual((await other.fineTuning.jobs.list()).data, []);
    await assert.rejects(other.fineTuning.jobs.retrieve(jobId), { status: 404 });
    for (const secret of [PROJECT_KEY, ADMIN_KEY, account.api_key?.value ?? "none", "What colour"]) {
      assert.equal(server.output().includes(secret), false);
    }
  });

  test("every answer on the way has OpenAI's own schema", { skip: lacksSchemas }, () => {
    assert.deepEqual(conformance.failures, []);
    const names = [
      "FineTuningJob",
      "ListFineTuningJobEventsResponse",
      "CreateChatCompletionStreamResponse",
      "ErrorResponse",
    ];
    for (const name of names) assert.ok((conformance.checked.get(name) ?? 0) > 0, `no ${name} was checked`);
  });
});
