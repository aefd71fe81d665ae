import assert from "node:assert/strict";
import { test } from "node:test";
import { Refusal } from "./errors.ts";

test("a sentence is sent as it is, and what a caller sent by the megabyte is not sent back", () => {
  const plain = "The model `x` does not exist or you do not have access to it.";
  assert.equal(new Refusal("model_not_found", plain, "model").body.error.message, plain);
  const long = `The model \`${"👍".repeat(1_000_000)}\` does not exist.`;
  const { message } = new Refusal("model_not_found", long, "model").body.error;
  assert.ok(message.length < 4000);
  assert.match(message, /^The model `👍.* … .*` does not exist\.$/u);
  assert.ok(message.isWellFormed());
});
