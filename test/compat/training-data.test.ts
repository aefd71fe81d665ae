import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import OpenAI, { toFile } from "openai";
import { DataCheck, FilePreview } from "../../contract/training-data.ts";
import { trainingJsonl } from "../support/rows.ts";
import { BASE, lacksModel, PROJECT_KEY, type Server, startServer } from "../support/server.ts";

const pair = (index: number) => ({
  input: { messages: [{ role: "user", content: `Question ${index}?` }] },
  preferred_output: [{ role: "assistant", content: "Yes." }],
  non_preferred_output: [{ role: "assistant", content: "No." }],
});
const pairs = Array.from({ length: 10 }, (_, index) => JSON.stringify(pair(index))).join("\n");

/** What the official client gets to know of its training data, from the real server with the real tokenizer. */
describe("training data through the openai package", { skip: lacksModel }, () => {
  let server: Server;
  let client: OpenAI;
  before(async () => {
    server = await startServer();
    client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: PROJECT_KEY });
  });
  after(async () => {
    await server?.[Symbol.asyncDispose]();
  });

  const upload = async (content: string) => {
    const file = await toFile(Buffer.from(content), "train.jsonl");
    return (await client.files.create({ file, purpose: "fine-tune" })).id;
  };

  test("a job with the wrong method fails in OpenAI's words, which the check had said before", async () => {
    const id = await upload(pairs);
    const path = `/perennial/files/${id}/check`;
    const foreseen = DataCheck.parse(await client.get(path, { query: { method: "supervised" } }));
    let job = await client.fineTuning.jobs.create({ model: BASE, training_file: id });
    while (job.status !== "failed") job = await client.fineTuning.jobs.retrieve(job.id);
    assert.deepEqual(job.error, foreseen.error);
    assert.equal(job.error?.code, "invalid_training_file");
    assert.match(job.error?.message ?? "", /Input file file-\w+ is in the fine-tune-preference format/);
    assert.equal(DataCheck.parse(await client.get(path)).passes, true);
  });

  test("tokens are counted and shown as the model reads them", async () => {
    const id = await upload(trainingJsonl(12));
    const options = { query: { model: BASE, limit: 12 } };
    const preview = FilePreview.parse(await client.get(`/perennial/files/${id}/preview`, options));
    const tokens = preview.data.flatMap(({ branches }) => branches.flatMap((branch) => branch.tokens));
    const trained = tokens.filter(({ is_trained }) => is_trained);
    assert.match(trained.map(({ text }) => text).join(""), /^zelvo<\|im_end\|>bluno<\|im_end\|>/);
    const checked = await client.get(`/perennial/files/${id}/check`, { query: { model: BASE } });
    const { tokens: counted, training } = DataCheck.parse(checked);
    assert.deepEqual([counted?.tokens, counted?.trained_tokens], [tokens.length, trained.length]);
    assert.deepEqual(
      training.warnings.map(({ code, lines }) => [code, lines]),
      [["duplicate_row", "7-12"]],
    );
  });
});
