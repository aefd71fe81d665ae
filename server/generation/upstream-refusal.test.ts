import assert from "node:assert/strict";
import { test } from "node:test";
import { refusalFrom } from "./engine-answer.ts";

test("a prompt that is too long for an upstream is told in its words, under OpenAI's code", () => {
  const message = "This model's maximum context length is 8192 tokens.";
  const refused = (code: unknown) =>
    refusalFrom(400, { error: { message, type: "invalid_request_error", code } });
  const { kind, message: told } = refused("context_length_exceeded");
  assert.deepEqual([kind, told], ["context_length_exceeded", message]);
  assert.equal(refused(400).kind, "invalid_request");
});
