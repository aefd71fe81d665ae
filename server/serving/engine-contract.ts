import assert from "node:assert/strict";
import { test } from "node:test";
import { type Engine, EngineRefusal } from "./engine.ts";
import { answer, ask, begin, eventsOf, jsonOf, never, story, until } from "./fixtures/replies.ts";
import { nearest, type Signature, signature } from "./fixtures/signature.ts";

export type EngineUnderTest = {
  /** The base model, and two models tuned from it that answer otherwise. */
  readonly models: readonly [Engine, Engine, Engine];
  /** The base model for another project; left out: the engine knows none. */
  readonly stranger?: Engine;
  /** How many requests the engine is working on. */
  busy(): Promise<number>;
};

/**
 * What an engine behind OpenAI's API cannot give, and says so: `tokens`: prompts as tokens, and the probabilities of given
 * ones. `promptSize`: how many tokens a prompt has that is too long; that it is remains to be said.
 */
export type Lack = "tokens" | "promptSize";
export type ContractOptions = { readonly skip: string | false; readonly lacks?: readonly Lack[] };

type ToolCallDelta = { function: { name?: string; arguments: string } };
type Delta = { content?: string; tool_calls?: ToolCallDelta[] };
type Chunk = { choices: { delta: Delta }[]; usage?: { completion_tokens: number } };

const greeting = {
  type: "object",
  properties: { whom: { type: "string", enum: ["Bob", "Eve"] } },
  required: ["whom"],
  additionalProperties: false,
};
const mustCall = {
  tools: [{ type: "function", function: { name: "greet", parameters: greeting, strict: true } }],
  tool_choice: "required",
  parallel_tool_calls: false,
};
const question = ask("Say hello to Bob.");
const usage = { stream: true, stream_options: { include_usage: true } };
const longPrompt = ask("Count to one hundred. ".repeat(320));

/** What every engine must do; `engine` is there once tests run. */
export function testEngine(
  name: string,
  { skip, lacks = [] }: ContractOptions,
  engine: () => EngineUnderTest,
): void {
  const it = (does: string, check: (tested: EngineUnderTest) => Promise<void>) =>
    test(`${name} ${does}`, { skip }, () => check(engine()));

  it("streams chunks, the usage and the end", async ({ models: [base] }) => {
    const reply = await base.chat({ ...question, ...usage }, never);
    assert.equal(reply.status, 200);
    const events = await eventsOf(reply);
    assert.equal(events.pop(), "[DONE]");
    const chunks = events as Chunk[];
    assert.equal(chunks.at(-1)?.usage?.completion_tokens, 8);
    const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("");
    assert.equal(text, await answer(base, question));
  });

  it("answers whole, with usage, finish reason and log-probabilities", async ({ models: [base] }) => {
    const reply = await jsonOf(await base.chat({ ...question, logprobs: true, top_logprobs: 2 }, never));
    assert.equal(reply.object, "chat.completion");
    assert.equal(reply.choices[0].finish_reason, "length");
    assert.equal(reply.choices[0].logprobs.content.length, 8);
    assert.equal(reply.choices[0].logprobs.content[0].top_logprobs.length, 2);
    assert.equal(reply.usage.total_tokens, reply.usage.prompt_tokens + 8);
  });

  it("tells the tokens' log-probabilities without others where no others are asked for", async ({
    models: [base],
  }) => {
    const reply = await jsonOf(await base.chat({ ...question, logprobs: true, max_tokens: 2 }, never));
    const said: { logprob: number; top_logprobs: unknown[] }[] = reply.choices[0].logprobs.content;
    assert.deepEqual(
      said.map(({ logprob, top_logprobs }) => [logprob < 0, top_logprobs.length]),
      [
        [true, 0],
        [true, 0],
      ],
    );
  });

  it("calls a tool that must be called, by its schema, whole and streamed", async ({ models: [base] }) => {
    const request = { ...question, ...mustCall, max_tokens: 60 };
    const { choices } = await jsonOf(await base.chat(request, never));
    const [{ message, finish_reason }] = choices;
    assert.deepEqual([finish_reason, message.content, message.tool_calls.length], ["tool_calls", null, 1]);
    const { name, arguments: written } = message.tool_calls[0].function;
    assert.equal(name, "greet");
    assert.ok(["Bob", "Eve"].includes(JSON.parse(written).whom));
    const events = await eventsOf(await base.chat({ ...request, stream: true }, never));
    const deltas = (events.slice(0, -1) as Chunk[]).flatMap(
      (chunk) => chunk.choices[0]?.delta.tool_calls ?? [],
    );
    assert.equal(deltas[0]?.function.name, "greet");
    assert.equal(deltas.map((delta) => delta.function.arguments).join(""), written);
  });

  it("keeps text, or calls, to what was asked for", async ({ models: [, tuned] }) => {
    const schema = {
      type: "object",
      properties: { ok: { type: "boolean" } },
      required: ["ok"],
      additionalProperties: false,
    };
    const response_format = { type: "json_schema", json_schema: { name: "x", strict: true, schema } };
    const { choices } = await jsonOf(
      await tuned.chat({ ...question, response_format, max_tokens: 40 }, never),
    );
    assert.equal(typeof JSON.parse(choices[0].message.content).ok, "boolean");
    const none = await jsonOf(await tuned.chat({ ...question, ...mustCall, tool_choice: "none" }, never));
    assert.equal(none.choices[0].message.tool_calls, undefined);
  });

  it("keeps models apart, one after the other and all at once", async ({ models }) => {
    const alone: Signature[] = [];
    for (const model of models) alone.push(await signature(model, question));
    const order = [0, 1, 0, 2, 2, 1, 1, 0, 2, 0, 1, 2];
    const mixed = await Promise.all(order.map((index) => signature(models[index] ?? models[0], question)));
    assert.deepEqual(
      mixed.map((one) => nearest(alone, one)),
      order,
    );
  });

  it("computes anew for one project what it has computed for another", async ({
    models: [base],
    stranger,
  }) => {
    if (!stranger) return;
    const prompt = ask("Count to one thousand. ".repeat(60), { max_tokens: 1 });
    const cached = async (engine: Engine): Promise<number> =>
      (await jsonOf(await engine.chat(prompt, never))).usage.prompt_tokens_details?.cached_tokens ?? 0;
    await cached(base);
    assert.equal(await cached(stranger), 0);
    assert.ok((await cached(base)) > 100);
    assert.ok((await cached(stranger)) > 100);
  });

  it("refuses what it cannot read in OpenAI's shape", async ({ models: [base] }) => {
    const reply = await base.chat({ ...question, messages: "no list" }, never);
    assert.equal(reply.status, 400);
    assert.match((await jsonOf(reply)).error.message, /messages/);
  });

  for (const stream of [true, false]) {
    it(`refuses a prompt that is too long, ${stream ? "streamed" : "whole"}`, async ({ models: [base] }) => {
      const reply = await base.chat({ ...ask("word ".repeat(9000)), stream }, never);
      assert.equal(reply.status, 400);
      const { error } = await jsonOf(reply);
      if (lacks.includes("promptSize")) assert.equal(error.code, "context_length_exceeded");
      else assert.ok(error.n_prompt_tokens > 9000);
    });
  }

  it("stops a stream when its reader leaves", async ({ models: [base], busy }) => {
    const pieces = await begin(await base.chat(story, never));
    assert.equal(await busy(), 1);
    await pieces.return?.();
    await until(async () => (await busy()) === 0);
  });

  for (const stream of [true, false]) {
    it(`stops by the signal, ${stream ? "streamed" : "whole"}`, async ({ models: [base], busy }) => {
      const leaving = new AbortController();
      const reply = base.chat({ ...story, stream }, leaving.signal);
      await until(async () => (await busy()) === 1);
      leaving.abort();
      if (stream)
        await assert.rejects(async () => Array.fromAsync((await reply).body), { name: "AbortError" });
      else await assert.rejects(reply, { name: "AbortError" });
      await until(async () => (await busy()) === 0);
    });
  }

  it("stops in the middle of a long prompt", async ({ models: [, tuned], busy }) => {
    const leaving = new AbortController();
    const reply = tuned.chat({ ...longPrompt, max_tokens: 1 }, leaving.signal);
    await until(async () => (await busy()) === 1);
    leaving.abort();
    await assert.rejects(reply, { name: "AbortError" });
    await until(async () => (await busy()) === 0);
    const { usage } = await jsonOf(await tuned.chat({ ...longPrompt, max_tokens: 1 }, never));
    const done = usage.prompt_tokens_details.cached_tokens;
    assert.ok(done < usage.prompt_tokens * 0.8, `it had read ${done} of ${usage.prompt_tokens} tokens`);
  });

  if (lacks.includes("tokens")) testRefusals(it);
  else testTokens(it);
}

type It = (does: string, check: (tested: EngineUnderTest) => Promise<void>) => void;

function testRefusals(it: It): void {
  it("refuses in words what needs its tokens", async ({ models: [base] }) => {
    const prompt = { messages: [{ role: "user", content: "Hi" }], tools: null };
    await assert.rejects(base.renderPrompt(prompt, never), EngineRefusal);
    await assert.rejects(base.tokenLogprobs([1, 2], [3], never), EngineRefusal);
    await assert.rejects(base.readPrompt("Hi", 0, never), EngineRefusal);
    await assert.rejects(base.readPrompt([1, 2], null, never), EngineRefusal);
  });
}

function testTokens(it: It): void {
  it("renders a chat to the tokens that it then reads", async ({ models: [base] }) => {
    const messages = [{ role: "user", content: "Say hello to Bob." }];
    const tokens = await base.renderPrompt({ messages, tools: null }, never);
    const { usage } = await jsonOf(await base.chat(question, never));
    assert.equal(tokens.length, usage.prompt_tokens);
  });

  it("renders tools and the format of an answer as it then reads them", async ({ models: [base] }) => {
    const parameters = { type: "object", properties: { name: { type: "string" } } };
    const tools = [{ type: "function", function: { name: "greet", parameters } }];
    const settings = { response_format: { type: "json_object" }, parallel_tool_calls: false };
    const messages = [{ role: "user", content: "Say hello to Bob." }];
    const tokens = await base.renderPrompt({ messages, tools, settings }, never);
    const { usage } = await jsonOf(await base.chat({ ...question, ...settings, tools }, never));
    assert.equal(tokens.length, usage.prompt_tokens);
  });

  it("gives the log-probabilities that it answers by", async ({ models: [base] }) => {
    const reply = await jsonOf(await base.chat({ ...question, logprobs: true, top_logprobs: 1 }, never));
    const said: { id: number; logprob: number }[] = reply.choices[0].logprobs.content;
    const ids = said.map(({ id }) => id);
    const prompt = { messages: [{ role: "user", content: "Say hello to Bob." }], tools: null };
    const forced = await base.tokenLogprobs(await base.renderPrompt(prompt, never), ids, never);
    for (const [index, { logprob }] of said.entries()) {
      assert.ok(Math.abs((forced[index]?.logprob ?? 0) - logprob) < 0.3);
    }
    const certain = forced.filter(({ logprob }) => logprob > Math.log(0.6));
    assert.ok(certain.length > 0 && certain.every(({ isTop }) => isTop));
  });

  it("gives log-probabilities where half a character is the likeliest token", async ({ models: [base] }) => {
    const messages = [{ role: "user", content: "\u{1F389}".repeat(12) }];
    const tokens = await base.renderPrompt({ messages, tools: null }, never);
    const forced = await base.tokenLogprobs(tokens.slice(0, -24), tokens.slice(-24), never);
    assert.equal(forced.length, 24);
    assert.ok(forced.every(({ logprob }) => Number.isFinite(logprob)));
  });

  it("gives the log-probability of the unlikeliest token", async ({ models: [base] }) => {
    const prompt = await base.renderPrompt(
      { messages: [{ role: "user", content: "Hi" }], tools: null },
      never,
    );
    const [rare] = await base.tokenLogprobs(prompt, [4], never);
    assert.ok(rare && rare.logprob < -12 && !rare.isTop);
  });
}
