import assert from "node:assert/strict";
import { test } from "node:test";
import { fromQuery } from "../playground/setup.ts";
import { questionInAddress } from "./first-question.ts";
import { sampleOf } from "./sample-row.ts";

const answer = { role: "assistant", content: "zelvo" };
const user = { role: "user", content: "What colour is grass?" };
const addressOf = (...messages: readonly unknown[]) => {
  const sample = sampleOf(1, JSON.stringify({ messages: [...messages, answer] }));
  return sample && questionInAddress(sample);
};

test("a row's question stands in the playground's fields as the model has learnt to be asked", () => {
  const address = addressOf({ role: "system", content: "Name the colour in Ombric." }, user);
  const { system, turns, temperature } = fromQuery(new URLSearchParams(address ?? {}));
  assert.deepEqual(
    [system, turns.map(({ text }) => text), temperature],
    ["Name the colour in Ombric.", ["What colour is grass?"], "0"],
  );
  assert.equal(addressOf(user)?.prompt, "What colour is grass?");
});

test("a talk of several turns and a question too long for an address are left out", () => {
  assert.equal(addressOf(user, answer, user), null);
  assert.equal(addressOf({ role: "user", content: "long ".repeat(300) }), null);
});
