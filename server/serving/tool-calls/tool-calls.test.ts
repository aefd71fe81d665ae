import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { accepts } from "../../grammar/fixtures/grammar-player.ts";
import { readSchema } from "../../grammar/schema-grammar.ts";
import { type AnswerDelta, createToolCallReader } from "./tool-call-reader.ts";
import { readToolFormat, type ToolFormat } from "./tool-format.ts";
import { type ToolWish, toolGrammar } from "./tool-grammar.ts";

type Message = {
  role: string;
  content: string | null;
  tool_calls?: { function: { name: string; arguments: string } }[];
};

/** A template that writes calls by `call`, joined by `between`. */
const template =
  (call: (name: string, json: string) => string, between: string) => async (messages: readonly object[]) =>
    (messages as Message[])
      .map(({ role, content, tool_calls: calls = [] }) => {
        const written = calls.map((one) => call(one.function.name, one.function.arguments)).join(between);
        return `<|${role}|>\n${content ?? ""}${written}<|end|>\n`;
      })
      .join("") + (messages.length === 1 ? "<|assistant|>\n" : "");

const hermes: ToolFormat = {
  open: '<tool_call>\n{"name": "',
  between: '", "arguments": ',
  close: "}\n</tool_call>",
  separator: "\n",
  marker: "<tool_call>",
};
const formats: [string, (name: string, json: string) => string, string, Partial<ToolFormat> | null][] = [
  [
    "Hermes",
    (name, json) => `<tool_call>\n{"name": "${name}", "arguments": ${json}}\n</tool_call>`,
    "\n",
    hermes,
  ],
  [
    "bare JSON",
    (name, json) => `{"name": "${name}", "parameters": ${json}}`,
    "; ",
    { open: '{"name": "', marker: '{"name": "', separator: "; " },
  ],
  [
    "tags",
    (name, json) => `<function=${name}>${json}</function>`,
    "",
    { open: "<function=", between: ">", close: "</function>", marker: "<function=", separator: "" },
  ],
  ["arguments before the name", (name, json) => `<call>${json} to ${name}</call>`, "", null],
  ["no JSON", (name) => `<call>${name} x=1</call>`, "", null],
  ["nothing at all", () => "", "", null],
];
for (const [what, call, between, expected] of formats) {
  test(`how a template writes calls is read from it: ${what}`, async () => {
    const format = await readToolFormat(template(call, between));
    assert.deepEqual(format, expected && { ...format, ...expected });
  });
}

test("a template that writes one call only has no separator", async () => {
  const first = async (messages: readonly object[]) =>
    template(
      (name, json) => `<f=${name}>${json}</f>`,
      "",
    )(
      (messages as Message[]).map((one) =>
        one.tool_calls ? { ...one, tool_calls: one.tool_calls.slice(0, 1) } : one,
      ),
    );
  assert.equal((await readToolFormat(first))?.separator, null);
});

const weather = {
  name: "weather",
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};
const functions = [weather, { name: "now" }];
const call = (name: string, json: string) => hermes.open + name + hermes.between + json + hermes.close;
const paris = call("weather", '{"city": "Paris"}');
const wish: ToolWish = { functions, isRequired: false, mayBeParallel: true, answer: null };
const answer = readSchema(
  { type: "object", properties: { ok: { type: "boolean" } }, required: ["ok"] },
  { isStrict: true, prefix: "a" },
);

const grammars: [string, ToolWish, string[], string[]][] = [
  [
    "either",
    wish,
    [
      "",
      "Hello <tool_",
      "a < b\n<tool <tool_call",
      paris,
      `Wait.\n${paris}`,
      `${paris}\n${call("now", "{}")}`,
    ],
    [
      "<tool_call>",
      `${paris} and more`,
      call("weather", "{}"),
      call("now", '{"x":1}'),
      call("other", "{}"),
      paris.slice(0, -1),
    ],
  ],
  [
    "required",
    { ...wish, isRequired: true },
    [paris, `${paris}\n${paris}`],
    ["", "Hello", `Wait.\n${paris}`],
  ],
  ["one at most", { ...wish, mayBeParallel: false }, ["text", paris], [`${paris}\n${paris}`]],
  ["a call or JSON by a schema", { ...wish, answer }, ['{"ok":true}', paris], ["text", "{}"]],
];
for (const [what, wanted, good, bad] of grammars) {
  test(`the grammar of an answer with tools holds it to them: ${what}`, () => {
    const rules = toolGrammar(wanted, hermes);
    for (const text of good) assert.ok(accepts(rules, text), text);
    for (const text of bad) assert.equal(accepts(rules, text), false, text);
  });
}

test("text may hold anything but the marker of a call", () => {
  const rules = toolGrammar(wish, hermes);
  const piece = fc.constantFrom(
    "<",
    "<tool",
    "tool_call>",
    "_call",
    "<<tool_call",
    "\n",
    " x",
    "é😀",
    '"{}"',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const text = pieces.join("");
      assert.equal(accepts(rules, text), !text.includes(hermes.marker));
    }),
  );
});

function joined(deltas: readonly AnswerDelta[]) {
  let content = "";
  const calls: { id: string; name: string; json: string }[] = [];
  for (const delta of deltas) {
    if ("content" in delta) {
      content += delta.content;
      continue;
    }
    for (const { index, id, function: part } of delta.tool_calls) {
      if (id !== undefined) calls.push({ id, name: part.name ?? "", json: "" });
      const current = calls[index];
      if (current) current.json += part.arguments;
    }
  }
  return { content, calls };
}

function readAll(pieces: readonly string[], isHeld = false, mustCall = false) {
  let count = 0;
  const newId = () => {
    count += 1;
    return `call_${count}`;
  };
  const reader = createToolCallReader({ format: hermes, newId, isHeld, mustCall });
  const deltas = pieces.flatMap((one) => reader.push(one));
  return { ...joined([...deltas, ...reader.end()]), hasCompleted: reader.hasCompleted() };
}

test("however an answer is cut into pieces, the same text and calls are read from it", () => {
  const json = fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 });
  const text = fc.string({ maxLength: 12 }).map((one) => one.trimEnd());
  const cuts = fc.array(fc.nat(300), { maxLength: 12 });
  fc.assert(
    fc.property(text, fc.array(json, { maxLength: 3 }), cuts, fc.boolean(), (content, all, at, isHeld) => {
      const calls = all.map((one) => call("f", JSON.stringify(one)));
      const written = [...(content ? [content] : []), ...calls].join("\n");
      const places = [
        0,
        ...at.toSorted((a, b) => a - b).filter((one) => one < written.length),
        written.length,
      ];
      const pieces = places.slice(1).map((end, index) => written.slice(places[index], end));
      const read = readAll(pieces, isHeld);
      assert.equal(read.content, content);
      assert.deepEqual(
        read.calls.map((one) => JSON.parse(one.json)),
        all.map((one) => JSON.parse(JSON.stringify(one))),
      );
      assert.deepEqual(
        read.calls.map((one) => one.id),
        all.map((_, index) => `call_${index + 1}`),
      );
      assert.equal(read.hasCompleted, all.length > 0);
    }),
  );
});

test("a call that is cut is given as far as it came, or not at all where it is held", () => {
  const cut = paris.slice(0, -20);
  assert.deepEqual(readAll(["Hm. ", cut]).calls, [{ id: "call_1", name: "weather", json: '{"city": "P' }]);
  assert.deepEqual(readAll(["Hm. ", cut], true), { content: "Hm.", calls: [], hasCompleted: false });
});

test("the beginning of a call is text where there may be some, and nothing where there may be none", () => {
  assert.equal(readAll(["a <tool"]).content, "a <tool");
  assert.equal(readAll(["<tool"], false, true).content, "");
});
