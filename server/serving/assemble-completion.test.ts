import assert from "node:assert/strict";
import { test } from "node:test";
import { assembleCompletion, CompletionChunk } from "./assemble-completion.ts";

const chunk = (delta: object, more: object = {}, choice: object = {}) =>
  CompletionChunk.parse({
    id: "chatcmpl-1",
    object: "chat.completion.chunk",
    choices: [{ index: 0, delta, finish_reason: null, ...choice }],
    ...more,
  });
const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
const end = CompletionChunk.parse({ choices: [], usage });

test("text, log-probabilities, finish reason and usage are put together", () => {
  const logprobs = (token: string) => ({ logprobs: { content: [{ token, logprob: -1 }] } });
  const whole = assembleCompletion([
    chunk({ role: "assistant", content: null }),
    chunk({ content: "Hel" }, {}, logprobs("Hel")),
    chunk({ content: "lo" }, {}, logprobs("lo")),
    chunk({}, {}, { finish_reason: "stop" }),
    end,
  ]);
  assert.deepEqual(whole, {
    id: "chatcmpl-1",
    object: "chat.completion",
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: "Hello" },
        logprobs: {
          content: [
            { token: "Hel", logprob: -1 },
            { token: "lo", logprob: -1 },
          ],
        },
        finish_reason: "stop",
      },
    ],
    usage,
  });
});

test("tool calls are joined by their index", () => {
  const call = (index: number, part: object) => chunk({ tool_calls: [{ index, ...part }] });
  const { choices } = assembleCompletion([
    call(0, { id: "a", type: "function", function: { name: "add", arguments: "" } }),
    call(0, { function: { arguments: '{"x":' } }),
    call(1, { id: "b", type: "function", function: { name: "stop", arguments: "{}" } }),
    call(0, { function: { arguments: "1}" } }),
  ]);
  assert.deepEqual(choices[0]?.message, {
    role: "assistant",
    content: null,
    tool_calls: [
      { id: "a", type: "function", function: { name: "add", arguments: '{"x":1}' } },
      { id: "b", type: "function", function: { name: "stop", arguments: "{}" } },
    ],
  });
});

test("an answer of nothing is an empty text", () => {
  assert.equal(assembleCompletion([chunk({ role: "assistant" }), end]).choices[0]?.message.content, "");
});

test("several choices stay apart", () => {
  const said = (index: number, content: string) => chunk({ content }, {}, { index });
  const { choices } = assembleCompletion([said(1, "b"), said(0, "a"), said(1, "B")]);
  assert.deepEqual(
    choices.map(({ index, message }) => [index, message.content]),
    [
      [0, "a"],
      [1, "bB"],
    ],
  );
});
