import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { EngineChunk } from "../../contract/chat.ts";
import { createChunkTexts } from "./chunk-texts.ts";
import { presentChunk } from "./completion.ts";

const head = { id: "chatcmpl-ours", created: 7, model: "ours" };
const style = { withUsage: true, isLegacy: false };

/** `wantsAll`: every piece is parsed, and written anew. */
function reading(wantsAll: boolean) {
  let pieces = 0;
  const usages: unknown[] = [];
  const parsed: EngineChunk[] = [];
  const texts = createChunkTexts({
    present: (chunk) => presentChunk(head, { index: 0, chunk }, style),
    onPiece: () => {
      pieces += 1;
    },
    onChunk: (chunk) => {
      parsed.push(chunk);
      if (chunk.usage) usages.push(chunk.usage);
    },
    wantsAll,
  });
  return { ...texts, parsed, counts: () => ({ pieces, usages }) };
}

function readAll(bytes: Uint8Array, cuts: readonly number[], wantsAll: boolean) {
  const { take, isDone, parsed, counts } = reading(wantsAll);
  const places = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])];
  const sorted = places.sort((a, b) => a - b);
  let text = "";
  let end = "none";
  for (const [index, to] of sorted.slice(1).entries()) {
    text += take(bytes.subarray(sorted[index], to)) ?? "";
    try {
      if (isDone()) end = "done";
    } catch (error) {
      end = String(error);
    }
    if (end !== "none") break;
  }
  return { outcome: { text, end, ...counts() }, parsed };
}

/** Other ways to write the same JSON text. */
const escapes: readonly ((text: string) => string)[] = [
  (text) => JSON.stringify(text),
  (text) =>
    JSON.stringify(text).replaceAll(
      /[^ -~]/g,
      (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
    ),
  (text) => JSON.stringify(text).replaceAll("/", "\\/"),
  (text) => JSON.stringify(text).replaceAll("\\n", "\\u000A"),
];

const content = fc.oneof(
  fc.string({ unit: "binary", maxLength: 6 }),
  fc.constantFrom(
    "",
    " word",
    'a/b\n"\\',
    "naïve – 你好 👋",
    "data: x",
    '","content":"',
    "~a text of its own~",
  ),
);
const written = fc
  .tuple(content, fc.nat(escapes.length - 1))
  .map(([text, how]) => escapes[how]?.(text) ?? '""');

const usage = '{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}';
const tools = '[{"index":0,"id":"call_1","type":"function","function":{"name":"f","arguments":"{}"}}]';
/** How engines write a piece, in the place of `@` its text. */
const shapes = [
  '{"id":"x","model":"theirs","choices":[{"index":0,"delta":{"content":@},"logprobs":null,"finish_reason":null}]}',
  '{"id":"x","choices":[{"index":0,"delta":{"content":@},"finish_reason":null}],"usage":null,"obfuscation":"aB3"}',
  '{"choices":[{"finish_reason":null,"index":0,"delta":{"content":@}}],"created":1,"object":"chat.completion.chunk"}',
  '{"choices":[{"index":0,"delta":{"role":"assistant","content":@}}]}',
  '{"choices":[{"delta":{"reasoning":"r","content":@},"finish_reason":"stop"}]}',
  '{ "choices": [ { "delta": { "content": @ } } ] }',
  '{"choices":[{"delta":{"content":"first","content":@}}]}',
  '{"choices":[{"delta":{"content":@}},{"delta":{"content":@}}]}',
  '{"content":@,"choices":[{"delta":{"content" :"elsewhere"}}]}',
  '{"choices":[{"delta":{"content" :"elsewhere","note":{"content":@}}}]}',
  '{"choices":[{"delta":{"content":@},"logprobs":{"content":[{"token":"t","logprob":-1,"bytes":null}]}}]}',
  `{"choices":[{"delta":{"content":@,"tool_calls":${tools}}}]}`,
  `{"choices":[{"delta":{"content":@}}],"usage":${usage}}`,
  `{"choices":[],"usage":${usage},"note":@}`,
];
const others = [
  '{"choices":[{"delta":{},"finish_reason":"length"}]}',
  '{"error":{"message":"no"}}',
  "[DONE]",
  "{",
];

const shape = fc.constantFrom(...shapes);
const run = fc
  .tuple(shape, fc.array(written, { minLength: 1, maxLength: 6 }))
  .map(([one, texts]) => texts.map((text) => one.replaceAll("@", () => text)));
const data = fc.oneof(
  { weight: 8, arbitrary: run },
  { weight: 1, arbitrary: fc.constantFrom(...others).map((one) => [one]) },
);

const wrapped = fc.tuple(
  data,
  fc.constantFrom(
    "data: ",
    "data:",
    "event: message\ndata: ",
    ": ping\n\ndata: ",
    "\ndata: ",
    "id: 1\ndata: ",
  ),
);
const stream = fc
  .tuple(fc.array(wrapped, { maxLength: 8 }), fc.constantFrom("\n", "\r\n", "\r"))
  .map(([all, end]) =>
    all
      .flatMap(([events, before]) => events.map((event) => `${before}${event}\n\n`))
      .join("")
      .replaceAll("\n", end),
  );

test("pieces that pass unparsed come out as if they were parsed, wherever the stream was cut", () => {
  fc.assert(
    fc.property(stream, fc.array(fc.nat(), { maxLength: 12 }), (text, cuts) => {
      const bytes = Buffer.from(text);
      assert.deepEqual(readAll(bytes, cuts, false).outcome, readAll(bytes, [], true).outcome);
    }),
    { numRuns: 1500 },
  );
});

test("bytes that are no text come out as if they were parsed", () => {
  const broken = fc.tuple(
    stream,
    fc.array(fc.tuple(fc.nat(), fc.integer({ min: 128, max: 255 })), { maxLength: 5 }),
  );
  fc.assert(
    fc.property(broken, fc.array(fc.nat(), { maxLength: 12 }), ([text, faults], cuts) => {
      const bytes = Buffer.from(text);
      for (const [at, byte] of faults) if (bytes.length > 0) bytes[at % bytes.length] = byte;
      assert.deepEqual(readAll(bytes, cuts, false).outcome, readAll(bytes, [], true).outcome);
    }),
    { numRuns: 500 },
  );
});

const eventsLike = (one: string, texts: readonly string[]) =>
  texts.map((text) => `data: ${one.replace("@", JSON.stringify(text))}\n\n`).join("");

test("of pieces that differ in their text alone the first is parsed", () => {
  const texts = Array.from({ length: 50 }, (_, index) => `word${index} "\\\n – 你`);
  const said = eventsLike(shapes[0] ?? "", texts);
  const { parsed, outcome } = readAll(Buffer.from(said), [100, 777, 2345], false);
  assert.equal(parsed.length, 1);
  assert.equal(outcome.pieces, 50);
  const given = outcome.text.split("\n\n").slice(0, -1);
  assert.deepEqual(
    given.map((event) => JSON.parse(event.slice(6)).choices[0].delta.content),
    texts,
  );
});

test("a stream whose pieces are never alike is parsed, and not learned from for ever", () => {
  const said = Array.from({ length: 40 }, (_, index) =>
    eventsLike(`{"n":${index},"choices":[{"delta":{"content":@}}]}`, ["x"]),
  );
  const all = said.join("") + eventsLike('{"n":99,"choices":[{"delta":{"content":@}}]}', ["a", "b", "c"]);
  const { parsed, outcome } = readAll(Buffer.from(all), [], false);
  assert.deepEqual([parsed.length, outcome.pieces], [43, 43]);
});
