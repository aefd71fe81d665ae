import assert from "node:assert/strict";
import { test } from "node:test";
import { findRowProblem } from "./training-row.ts";

const user = { role: "user", content: "q" };
const assistant = { role: "assistant", content: "a" };
const call = { id: "c1", type: "function", function: { name: "f", arguments: "{}" } };

const good: [string, Record<string, unknown>][] = [
  ["a question and an answer", { messages: [user, assistant] }],
  ["a developer message", { messages: [{ role: "developer", content: "x" }, user, assistant] }],
  ["weights", { messages: [user, { ...assistant, weight: 0 }, user, { ...assistant, weight: 1 }] }],
  ["parts of text", { messages: [{ role: "user", content: [{ type: "text", text: "q" }] }, assistant] }],
  ["a name", { messages: [{ ...user, name: "Ann" }, assistant] }],
  [
    "a tool call without content, its result and the tools",
    {
      messages: [
        user,
        { role: "assistant", tool_calls: [call] },
        { role: "tool", tool_call_id: "c1", content: "1" },
        assistant,
      ],
      tools: [{ type: "function", function: { name: "f" } }],
      parallel_tool_calls: false,
    },
  ],
  [
    "a legacy function call",
    { messages: [user, { role: "assistant", function_call: { name: "f", arguments: "{}" } }], functions: [] },
  ],
  ["a refusal", { messages: [user, { role: "assistant", refusal: "No.", content: null }] }],
];
for (const [what, row] of good) {
  test(`a row with ${what} can be trained on`, () => assert.equal(findRowProblem(row, 1), null));
}

const bad: [Record<string, unknown>, string | RegExp][] = [
  [{ text: "x" }, "Example 3 is missing key 'messages'."],
  [{ messages: [user, assistant], weight: 1 }, 'Example 3 contains an extra "weight".'],
  [{ prompt: "x", completion: "y" }, /Example 3 is a prompt\/completion pair/],
  [{ input: {}, preferred_output: [] }, /Example 3 is a preference pair.*'supervised'/],
  [{ messages: "x" }, /messages is a string/],
  [{ messages: [] }, /messages is empty/],
  [{ messages: ["x"] }, /Example 3, message 1 is a string/],
  [{ messages: [user, { content: "a" }] }, "Example 3, message 2 Discriminator 'role' is missing in value"],
  [{ messages: [{ role: "bot", content: "x" }] }, /message 1 Input tag "bot" found using 'role'/],
  [{ messages: [user] }, /has no assistant message to train on/],
  [{ messages: [user, { ...assistant, weight: 0 }] }, /has no assistant message to train on/],
  [{ messages: [user, { ...assistant, weight: 2 }] }, /message 2 weight must be 0 or 1/],
  [{ messages: [{ ...user, weight: 1 }, assistant] }, /message 1 contains an extra "weight"/],
  [{ messages: [{ role: "user" }, assistant] }, /message 1 is missing key 'content'/],
  [{ messages: [{ role: "user", content: null }, assistant] }, /message 1 content is null/],
  [{ messages: [{ role: "user", content: 7 }, assistant] }, /message 1 content is a number/],
  [{ messages: [{ role: "user", content: ["a", "b"] }, assistant] }, /content holds a string where a part/],
  [
    { messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "x" } }] }, assistant] },
    /contains an image/,
  ],
  [{ messages: [user, { role: "assistant", tool_calls: [] }] }, /message 2/],
  [
    {
      messages: [
        user,
        { role: "assistant", tool_calls: [{ ...call, function: { name: "f", arguments: {} } }] },
      ],
    },
    /'arguments' must be a string/,
  ],
  [{ messages: [user, assistant], tools: {} }, /tools must be an array/],
  [{ messages: [user, assistant], tools: [1, 2] }, /tools must hold objects only/],
  [{ messages: [user, { ...assistant, content: "a\ud800" }] }, /holds half of a character/],
];
for (const [row, expected] of bad) {
  test(`${JSON.stringify(row).slice(0, 80)} is refused`, () => {
    const found = findRowProblem(row, 3) ?? "";
    if (typeof expected === "string") assert.equal(found, expected);
    else assert.match(found, expected);
  });
}
