import assert from "node:assert/strict";
import { test } from "node:test";
import { ChatRequest } from "../contract/chat.ts";
import { Refusal } from "../contract/errors.ts";
import { assertTools } from "../server/generation/tool-request.ts";
import { findRowProblems } from "./row-rules.ts";

const messages = [
  { role: "user", content: "q" },
  { role: "assistant", content: "a" },
];

function requestTakes(tool: unknown): boolean {
  const { data } = ChatRequest.safeParse({ model: "m", messages, tools: [tool] });
  if (!data) return false;
  try {
    assertTools(data);
    return true;
  } catch (error) {
    assert.ok(error instanceof Refusal);
    return false;
  }
}

const f = (more: object) => ({ type: "function", function: { name: "f", ...more } });
const tools = [
  f({}),
  f({ description: "d", parameters: {}, strict: true }),
  f({ description: null, parameters: null, strict: null }),
  f({ parameters: { type: "object", properties: {}, more: 1 } }),
  f({ parameters: { type: "array" } }),
  f({ parameters: { properties: {} } }),
  f({ parameters: [] }),
  f({ description: 7 }),
  f({ strict: 1 }),
  f({ name: "x".repeat(64) }),
  ...["", "a b", "a.b", "é", "x".repeat(65), 7, null].map((name) => f({ name })),
  f({ colour: "red" }),
  { ...f({}), colour: "red" },
  { ...f({}), type: "custom" },
  { type: "function" },
  { type: "function", name: "f" },
  7,
  null,
];
for (const tool of tools) {
  test(`a request and a training file say the same of the tool ${JSON.stringify(tool).slice(0, 80)}`, () => {
    const problems = findRowProblems({ messages, tools: [tool] }, 1, { format: "chat" });
    assert.equal(problems.length === 0, requestTakes(tool), JSON.stringify(problems));
  });
}
