import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import OpenAI, { BadRequestError, toFile } from "openai";
import { JobEstimate } from "../../contract/estimates.ts";
import { createFakePython } from "../../server/estimates/fixtures/fake-python.ts";
import { PLAYED_BASE, startPlayedServer } from "../support/played-server.ts";
import { trainingJsonl } from "../support/rows.ts";
import { PROJECT_KEY, type Server } from "../support/server.ts";

const PATH = "/perennial/fine_tuning/estimate";

/** What OpenAI does not have is called with the official client all the same. */
describe("the openai package: an estimate before the job", () => {
  const python = createFakePython();
  let server: Server;
  let client: OpenAI;

  before(async () => {
    server = await startPlayedServer({ env: { PERENNIAL_TRAINER_PYTHON: python.path } });
    client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: PROJECT_KEY, maxRetries: 0 });
  });
  after(async () => {
    await server?.[Symbol.asyncDispose]();
    python[Symbol.dispose]();
  });

  const upload = async (rows: number) =>
    (
      await client.files.create({
        file: await toFile(Buffer.from(trainingJsonl(rows)), "train.jsonl"),
        purpose: "fine-tune",
      })
    ).id;

  test("the body of a job is sent to the estimate as it is", async () => {
    const body: OpenAI.FineTuning.JobCreateParams = {
      model: PLAYED_BASE,
      training_file: await upload(12),
      method: { type: "supervised", supervised: { hyperparameters: { n_epochs: 3 } } },
    };
    const found = JobEstimate.parse(await client.post(PATH, { body }));
    assert.deepEqual([found.model, found.steps, found.seconds.total], [PLAYED_BASE, 15, 68.75]);
    assert.equal((await client.fineTuning.jobs.list()).data.length, 0);
  });

  test("a file that a job would fail on is the client's BadRequestError", async () => {
    const body = { model: PLAYED_BASE, training_file: await upload(3) };
    await assert.rejects(client.post(PATH, { body }), (error) => {
      assert.ok(error instanceof BadRequestError);
      assert.deepEqual([error.code, error.param], ["invalid_n_examples", "training_file"]);
      return true;
    });
  });
});
