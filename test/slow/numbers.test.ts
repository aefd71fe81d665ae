import assert from "node:assert/strict";
import { test } from "node:test";
import { clientOf, untilEnded, uploadRows } from "../support/estimated-job.ts";
import { BASE, lacksModel, PROJECT_KEY, startServer } from "../support/server.ts";

/** Written by hand: JSON.stringify would write the numbers in its own way. */
const tool = `{"type": "function", "function": {"name": "scale", "strict": true, "parameters": {"type": "object",
  "properties": {"n": {"type": "number", "minimum": 1.0, "multipleOf": 1e-7, "maximum": 1e21, "default": 59.913868}}}}}`;
const call = String.raw`{"id": "c1", "type": "function", "function": {"name": "scale", "arguments": "{\"n\":1.0}"}}`;
const precise = String.raw`{"id": "c2", "type": "function", "function": {"name": "scale", "arguments": "{\"n\": 59.913868}"}}`;

const turn = (asked: string, made: string, id: string, result: string) => `
  {"role": "user", "content": "${asked}"}, {"role": "assistant", "tool_calls": [${made}]},
  {"role": "tool", "tool_call_id": "${id}", "content": "${result}"}`;
const question = (index: number) =>
  `[${turn(`Scale ${index}.`, call, "c1", "done")}, {"role": "assistant", "content": "Scaled."}, ${turn("Once more.", precise, "c2", `${index}`)}]`;
const row = (index: number) =>
  `{"messages": ${question(index).slice(0, -1)}, {"role": "assistant", "content": "It is ${index} now."}], "tools": [${tool}]}`.replaceAll(
    "\n",
    "",
  );

test("a job whose calls and tools hold every kind of number passes its check on the engine", {
  skip: lacksModel,
}, async () => {
  await using server = await startServer();
  const client = clientOf(server);
  const training_file = await uploadRows(
    client,
    `${Array.from({ length: 12 }, (_, n) => row(n)).join("\n")}\n`,
  );
  const { id } = await client.jobs.create({ model: BASE, training_file, hyperparameters: { n_epochs: 1 } });
  const job = await untilEnded(client, id);
  const messages = await Array.fromAsync(client.jobs.events(id), ({ message }) => message);
  assert.ok(messages.some((message) => message.startsWith("Fidelity check passed: ")));
  const body = `{"model": "${job.fine_tuned_model}", "messages": ${question(3)}, "tools": [${tool}], "max_tokens": 8}`;
  const headers = { authorization: `Bearer ${PROJECT_KEY}`, "content-type": "application/json" };
  const answer = await fetch(`${server.url}/v1/chat/completions`, { method: "POST", headers, body });
  assert.equal(answer.status, 200, await answer.text());
});
