import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DataFormat } from "../contract/training-data.ts";
import { chat, type Row } from "./fixtures/bad-row.ts";
import { isDictionary } from "./jsonl.ts";
import { readRow } from "./reading.ts";
import { findRowProblems, formatOf } from "./row-rules.ts";
import { warnOfRow } from "./row-warnings.ts";

const user = { role: "user", content: "q" };
const assistant = { role: "assistant", content: "a" };
const call = { id: "c1", type: "function", function: { name: "f", arguments: "{}" } };
const result = { role: "tool", tool_call_id: "c1", content: "1" };
const tool = { type: "function", function: { name: "f", description: "d", parameters: {} } };
const calling = { role: "assistant", tool_calls: [call] };

const good: [string, DataFormat, Row][] = [
  ["a question and an answer", "chat", chat(user, assistant)],
  ["a developer message", "chat", chat({ role: "developer", content: "x" }, user, assistant)],
  ["weights", "chat", chat(user, { ...assistant, weight: 0 }, user, { ...assistant, weight: 1 })],
  ["parts of text", "chat", chat({ role: "user", content: [{ type: "text", text: "q" }] }, assistant)],
  ["a name", "chat", chat({ ...user, name: "Ann" }, assistant)],
  [
    "an answer as a client library keeps it",
    "chat",
    chat(user, {
      ...assistant,
      refusal: null,
      annotations: [],
      audio: null,
      function_call: null,
      tool_calls: null,
    }),
  ],
  [
    "a tool call, its result and the tools",
    "chat",
    { messages: [user, calling, result, assistant], tools: [tool], parallel_tool_calls: false },
  ],
  ["a call at its end", "chat", { messages: [user, calling], tools: [tool], parallel_tool_calls: true }],
  [
    "a call and its result in the older form",
    "chat",
    {
      messages: [
        user,
        { role: "assistant", content: null, function_call: { name: "f", arguments: "{}" } },
        { role: "function", name: "f", content: "1" },
        assistant,
      ],
      functions: [{ name: "f", parameters: {} }],
    },
  ],
  ["a refusal", "chat", chat(user, { role: "assistant", refusal: "No.", content: null })],
  [
    "a refusal in a part",
    "chat",
    chat(user, { role: "assistant", content: [{ type: "refusal", refusal: "No." }] }),
  ],
  ["no tools, said as null", "chat", { messages: [user, assistant], tools: null, functions: null }],
  ["a prompt and a completion", "completion", { prompt: "q", completion: "a" }],
  ["a completion of nothing", "completion", { prompt: "", completion: "a" }],
  [
    "a preference",
    "preference",
    {
      input: { messages: [user], tools: [], parallel_tool_calls: true },
      preferred_output: [assistant],
      non_preferred_output: [{ role: "assistant", content: "b" }],
    },
  ],
  [
    "a preference in the schema's spelling, for a call",
    "preference",
    {
      input: { messages: [user], tools: [tool] },
      preferred_completion: [calling],
      non_preferred_completion: [assistant],
    },
  ],
];

for (const [what, format, row] of good) {
  test(`a row with ${what} can be trained on, and nothing is odd about it`, () => {
    assert.equal(formatOf(row), format);
    assert.deepEqual(findRowProblems(row, 1, { format }), []);
    warnOfRow(row, readRow(row, format), (code) => assert.fail(code));
  });
}

for (const [row, format] of [
  [{ text: "x" }, null],
  [{}, null],
  [{ instruction: "i", input: "x", output: "y" }, null],
  [{ input: {} }, "preference"],
  [{ non_preferred_completion: [] }, "preference"],
  [{ completion: 1 }, "completion"],
  [{ messages: 1, prompt: "q" }, "chat"],
] as const) {
  test(`${JSON.stringify(row)} is taken for ${format ?? "nothing known"}`, () => {
    assert.equal(formatOf(row), format);
  });
}

/** Values in which the names that the rules look for stand at random places. */
const keys = fc.constantFrom(
  ...["messages", "role", "content", "tool_calls", "function", "name", "arguments", "weight", "type", "text"],
  ...[
    "input",
    "preferred_output",
    "non_preferred_output",
    "prompt",
    "completion",
    "tools",
    "__proto__",
    "toString",
  ],
);
const words = fc.constantFrom(
  "user",
  "assistant",
  "tool",
  "function",
  "text",
  "image_url",
  "{}",
  "constructor",
);
const { any } = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    words,
    fc.jsonValue({ maxDepth: 1 }),
    fc.constantFrom("\ud800", 0, 1),
    fc.array(tie("any"), { maxLength: 3 }),
    fc.array(fc.tuple(keys, tie("any")), { maxLength: 5 }).map((pairs) => Object.fromEntries(pairs)),
  ),
}));

test("whatever the value, the rules do not throw, and every problem names the row and its place", () => {
  fc.assert(
    fc.property(any, fc.constantFrom(...DataFormat.options), (value, format) => {
      if (!isDictionary(value)) return;
      const found = findRowProblems(value, 41, { format });
      for (const { param, message } of found) {
        assert.match(message, /^Example 41[ ,]/);
        assert.notEqual(param, "");
      }
      if (found.length === 0) warnOfRow(value, readRow(value, format), () => {});
    }),
    { numRuns: 3000 },
  );
});

test("a row that breaks a rule by one value is refused, and by nothing else", () => {
  const row = { messages: [user, assistant], tools: [tool] };
  const value = fc.oneof(fc.integer(), fc.boolean());
  fc.assert(
    fc.property(fc.constantFrom("role", "content"), fc.nat(1), value, (key, index, wrong) => {
      const messages = row.messages.map((message, at) =>
        at === index ? { ...message, [key]: wrong } : message,
      );
      const [first] = findRowProblems({ ...row, messages }, 1, { format: "chat" });
      assert.equal(first?.param, `messages[${index}].${key}`);
    }),
  );
});
