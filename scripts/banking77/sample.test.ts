import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parseCsv } from "./csv.ts";
import { drawSample, intents, perIntent, type Question } from "./sample.ts";

const shipped = (name: string): { user: string; label: string }[] => {
  const path = join(import.meta.dirname, "..", "..", "examples", "banking77", name);
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  return lines.map((line) => {
    const [, user, assistant] = JSON.parse(line).messages;
    return { user: user.content.toLowerCase(), label: assistant.content };
  });
};

test("CSV fields may hold commas, quotes and line ends", () => {
  const text = 'text,category\r\n"a, ""b""\n",x\n\nplain,y';
  assert.deepEqual(parseCsv(text), [
    ["text", "category"],
    ['a, "b"\n', "x"],
    ["plain", "y"],
  ]);
});

const questions = (split: string, count: number): Question[] =>
  intents.flatMap((intent) =>
    Array.from({ length: count }, (_, index) => ({ text: ` ${intent} ${split} ${index}\n`, intent })),
  );

test("the draw does not depend on the order of the rows", () => {
  const [train, held] = [questions("a", 40), questions("b", 20)];
  assert.deepEqual(drawSample(train, held), drawSample(train.toReversed(), held.toReversed()));
});

test("a held-out question is never one of the training split, however it is spelled", () => {
  const train = questions("a", 40);
  const loud = train.map(({ text, intent }) => ({ text: text.toUpperCase(), intent }));
  assert.throws(() => drawSample(train, loud), /has 0 questions/);
  const { heldOut } = drawSample(train, [...loud, ...questions("b", 20)]);
  assert.ok(heldOut.every(({ text }) => / b \d+$/.test(text)));
});

test("of the shipped rows none is in two files, and every intent is in each as often as any other", () => {
  const [training, validation, heldOut] = ["train.jsonl", "validation.jsonl", "held-out.jsonl"].map(shipped);
  assert.ok(training && validation && heldOut);
  const all = [...training, ...validation, ...heldOut];
  assert.equal(new Set(all.map(({ user }) => user)).size, all.length);
  for (const [rows, each] of [
    [training, perIntent.training],
    [validation, perIntent.validation],
    [heldOut, perIntent.heldOut],
  ] as const) {
    for (const intent of intents) assert.equal(rows.filter(({ label }) => label === intent).length, each);
  }
});
