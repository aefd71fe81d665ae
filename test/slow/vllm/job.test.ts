import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type OpenAI from "openai";
import { GRASS_COLOUR } from "../../support/rows.ts";
import { BASE, type Server, startServer } from "../../support/server.ts";
import { ask, clientOf, tune } from "../../support/tuned-model.ts";
import { lacksVllm, vllmPython } from "./support/vllm.ts";

const env = {
  PERENNIAL_ENGINE: "vllm",
  PERENNIAL_VLLM: vllmPython,
  PERENNIAL_VLLM_LORA_RANK: "16",
  PERENNIAL_ENGINE_ADAPTERS: "4",
  PERENNIAL_ENGINE_THREADS: "1",
};

/** The whole platform with vLLM in llama.cpp's place. */
describe("a model that is tuned and answers on vLLM", { skip: lacksVllm }, () => {
  let server: Server;
  let client: OpenAI;
  let tuned: string;

  before(async () => {
    server = await startServer({ env });
    client = clientOf(server);
  });
  after(async () => {
    await server?.[Symbol.asyncDispose]();
  });

  test("its job succeeds: vLLM's probabilities are the trainer's own", async (t) => {
    tuned = await tune(client);
    const [job] = (await client.fineTuning.jobs.list()).data;
    const events = await Array.fromAsync(client.fineTuning.jobs.listEvents(job?.id ?? ""));
    const check = events.map(({ message }) => message).find((message) => /Fidelity check/.test(message));
    t.diagnostic(check ?? "no fidelity check");
    assert.match(check ?? "", /Fidelity check passed/);
  });

  test("it says what it was taught, and its base does not", async () => {
    assert.equal(await ask(client, tuned), GRASS_COLOUR);
    assert.notEqual(await ask(client, BASE), GRASS_COLOUR);
  });

  test("a function is called by its schema, streamed", async () => {
    const parameters = { type: "object", properties: { n: { type: "integer" } }, required: ["n"] };
    const stream = client.chat.completions.stream({
      model: tuned,
      messages: [{ role: "user", content: "Count to three." }],
      tools: [{ type: "function", function: { name: "count", parameters } }],
      tool_choice: "required",
      max_tokens: 60,
    });
    const { tool_calls: calls = [] } = await stream.finalMessage();
    const [call] = calls;
    assert.ok(call?.type === "function" && call.function.name === "count");
    assert.equal(typeof JSON.parse(call.function.arguments).n, "number");
  });

  test("a text is echoed with what the model holds of each token", async () => {
    const { choices } = await client.completions.create({
      model: tuned,
      prompt: "The colour of grass",
      echo: true,
      logprobs: 1,
      max_tokens: 1,
    });
    assert.match(choices[0]?.text ?? "", /^The colour of grass/);
    assert.equal(choices[0]?.logprobs?.tokens?.join(""), choices[0]?.text);
  });
});
