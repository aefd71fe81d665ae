import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { checkData } from "./check-data.ts";

const folder = mkdtempSync(join(tmpdir(), "perennial-warnings-"));
after(() => rmSync(folder, { recursive: true }));

function fileOf(name: string, rows: readonly unknown[]) {
  const path = join(folder, name);
  writeFileSync(path, rows.map((row) => `${typeof row === "string" ? row : JSON.stringify(row)}\n`).join(""));
  return { path, name };
}

/** Each warning as `code lines`; none of them stops the job. */
async function warningsOf(rows: readonly unknown[], validation: readonly unknown[] | null = null) {
  const checked = await checkData({
    training: fileOf("train", rows),
    validation: validation && fileOf("valid", validation),
    method: null,
  });
  assert.equal(checked.error, null);
  const { warnings } = checked.validation ?? checked.training;
  return warnings.map(({ code, lines }) => `${code} ${lines}`.trim());
}

const message = (role: string, content: unknown, more = {}) => ({ role, content, ...more });
const chat = (question: string, answer: string, more = {}) => ({
  messages: [message("user", question), message("assistant", answer, more)],
});
const completion = (prompt: string, answer: string) => ({ prompt, completion: answer });
const pair = (question: string, preferred: unknown, other: unknown) => ({
  input: { messages: [message("user", question)] },
  preferred_output: [message("assistant", preferred)],
  non_preferred_output: [message("assistant", other)],
});
const many = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));
const plain = (count: number) => many(count, (index) => chat(`Question ${index}?`, `Answer ${index}.`));
const filler = plain(10);
const LONG = "This is an answer that is long enough to be looked at from its beginning to its very end";

test("rows that repeat and rows that contradict are told apart", async () => {
  const rows = [...filler, chat("q", "a"), chat("q", "a"), chat("q", "b"), chat("q", "b"), chat("q", "a")];
  assert.deepEqual(await warningsOf(rows), ["duplicate_row 12, 14-15", "contradiction 13"]);
});

test("the same text in parts, as another key order, or after other white space in the file is the same row", async () => {
  const parts = {
    messages: [{ content: [{ text: "q", type: "text" }], role: "user" }, message("assistant", "a")],
  };
  assert.deepEqual(await warningsOf([...filler, chat("q", "a"), parts]), ["duplicate_row 12"]);
});

test("another system prompt, other tools or a weight make another row", async () => {
  const base = chat("q", "a");
  const rows = [
    base,
    { messages: [message("system", "s"), ...base.messages] },
    { ...base, tools: [{ type: "function", function: { name: "f" } }] },
    { messages: [message("user", "x"), message("assistant", "y", { weight: 0 }), ...base.messages] },
    { messages: [message("user", "x"), message("assistant", "y"), ...base.messages] },
  ];
  assert.deepEqual(await warningsOf([...filler, ...rows]), []);
});

test("completions of an empty prompt do not contradict each other", async () => {
  const rows = [...many(10, (index) => completion("", `Text ${index}.`)), completion("", "Text 1.")];
  assert.deepEqual(await warningsOf(rows), ["duplicate_row 11"]);
});

test("rows that ask nothing do not contradict each other, whatever their system message says", async () => {
  const poem = (index: number, ...before: unknown[]) => ({
    messages: [message("system", "You are a poet."), ...before, message("assistant", `Poem ${index}.`)],
  });
  const rows = [
    ...many(10, (index) => poem(index)),
    ...many(10, (index) => poem(index, message("user", ""))),
    poem(3),
  ];
  assert.deepEqual(await warningsOf(rows), ["duplicate_row 21"]);
});

test("a completion with a space before it is the one without, as it is trained", async () => {
  const rows = many(10, (index) => completion(`${index} ->`, ` Text ${index}.`));
  assert.deepEqual(await warningsOf([...rows, completion("3 ->", "Text 3.")]), ["duplicate_row 11"]);
});

test("pairs may share a prompt, and contradict only where one prefers what the other rejects", async () => {
  const rows = [
    ...many(10, (index) => pair("q", `Good ${index}.`, "Bad.")),
    pair("q", "Bad.", "Good 3."),
    pair("q", "Good 4.", "Bad."),
    pair("q", "Same.", "Same."),
  ];
  assert.deepEqual(await warningsOf(rows), ["reversed_pair 11", "duplicate_row 12", "same_outputs 13"]);
});

test("validation rows that stand in the training file are named", async () => {
  const contradicting = [...filler, chat("q", "a"), chat("q", "b")];
  const validation = [
    chat("new", "a"),
    chat("Question 3?", "Answer 3."),
    chat("q", "b"),
    chat("Question 4?", "other"),
  ];
  assert.deepEqual(await warningsOf(contradicting, validation), ["overlap 2-3"]);
  const pairs = many(10, (index) => pair(`q${index}`, "Yes.", "No."));
  assert.deepEqual(await warningsOf(pairs, [pair("q3", "Yes.", "No."), pair("q3", "No.", "Yes.")]), [
    "overlap 1",
    "reversed_pair 2",
  ]);
});

const tool = { type: "function", function: { name: "f" } };
const call = (id: string | undefined, name = "f", written = "{}") => ({
  ...(id === undefined ? {} : { id }),
  type: "function",
  function: { name, arguments: written },
});
const calling = (...calls: unknown[]) => ({ role: "assistant", tool_calls: calls });
const result = (id?: string) => ({
  role: "tool",
  content: "1",
  ...(id === undefined ? {} : { tool_call_id: id }),
});
const asked = message("user", "weather?");
const told = message("assistant", "Rain.");

const rows: [string, Record<string, unknown> | string, string[]][] = [
  ["an empty answer", chat("q", ""), ["empty_answer"]],
  ["an answer of white space", chat("q", " \n\t"), ["empty_answer"]],
  ["an empty completion", completion("q", ""), ["empty_answer"]],
  ["an empty preferred answer", pair("q", "", "x"), ["empty_answer"]],
  [
    "an empty answer that is not trained on",
    { messages: [asked, message("assistant", "", { weight: 0 }), asked, told] },
    [],
  ],
  ["an answer with an end of turn of its own", chat("q", "Yes.<|im_end|>"), ["template_marks"]],
  ["a prompt that is a whole template", completion("[INST] q [/INST]", " Yes."), ["template_marks"]],
  ["marks in the answer that is not wanted", pair("q", "Yes.", "No.<|eot_id|>"), ["template_marks"]],
  ["signs that only look alike", chat("Is a <| b |> c an [INSTANCE] of <turn>?", "Yes."), []],
  ["a question at its end", { messages: [asked, told, asked] }, ["ends_without_answer"]],
  ["a result without a call", { messages: [asked, result("c1"), told] }, ["result_without_call"]],
  [
    "a result of another call",
    { messages: [asked, calling(call("c1")), result("c2"), told] },
    ["result_without_call", "call_without_result"],
  ],
  ["a call without a result", { messages: [asked, calling(call("c1")), told] }, ["call_without_result"]],
  [
    "one of two results",
    { messages: [asked, calling(call("c1"), call("c2")), result("c2"), told] },
    ["call_without_result"],
  ],
  [
    "two results in another order",
    { messages: [asked, calling(call("c1"), call("c2")), result("c2"), result("c1"), told] },
    [],
  ],
  ["a result that names no call", { messages: [asked, calling(call("c1")), result(), told] }, []],
  [
    "a call without an id",
    { messages: [asked, calling(call(undefined)), result(), told] },
    ["call_without_id"],
  ],
  ["a call at the end", { messages: [asked, calling(call("c1"))] }, []],
  ["an unknown tool", { messages: [asked, calling(call("c1", "g"))], tools: [tool] }, ["unknown_tool"]],
  [
    "a tool of the older form",
    {
      messages: [asked, { role: "assistant", function_call: { name: "f", arguments: "{}" } }],
      functions: [{ name: "f" }],
    },
    [],
  ],
  [
    "arguments that are no object",
    { messages: [asked, calling(call("c1", "f", "[1]"))] },
    ["arguments_not_an_object"],
  ],
  [
    "parallel calls where none are allowed",
    { messages: [asked, calling(call("c1"), call("c2"))], parallel_tool_calls: false },
    ["parallel_calls"],
  ],
  [
    "calls in both forms",
    { messages: [asked, { ...calling(call("c1")), function_call: { name: "f", arguments: "{}" } }] },
    ["two_kinds_of_calls"],
  ],
  [
    "tools in both forms",
    { messages: [asked, told], tools: [tool], functions: [{ name: "g" }] },
    ["two_kinds_of_tools"],
  ],
  ["a tool twice", { messages: [asked, told], tools: [tool, tool] }, ["same_tool_twice"]],
  ["bars and brackets", chat("a <| b |> c", "x <|> y, <| |>"), []],
  ["an answer and a refusal", chat("q", "a", { refusal: "No." }), ["content_and_refusal"]],
  [
    "a key twice",
    '{"messages":[{"role":"user","content":"a","content":"b"},{"role":"assistant","content":"c"}]}',
    ["repeated_key"],
  ],
  ["a text that holds colons and quotes", chat('"a": "b", "a": {', '\\"x": 1'), []],
  ["half a sentence", chat("q", `${LONG}, and then the`), ["cut_answer"]],
  ["a comma at its end", chat("q", `${LONG},`), ["cut_answer"]],
  ["half a JSON", chat("q", '{"city": "Oslo", "temp'), ["cut_answer"]],
  ["half a code block", chat("q", "```ts\nconst a = 1;"), ["cut_answer"]],
  ["a whole sentence", chat("q", `${LONG}.`), []],
  ["whole JSON", chat("q", '{"city": "Oslo", "temperature": 12}'), []],
  ["a list in brackets", chat("q", "[Rain]"), []],
  ["a label with a comma", chat("q", "a,"), []],
];
for (const [what, row, expected] of rows) {
  test(`a row with ${what} is warned of by ${expected.join(" and ") || "nothing"}`, async () => {
    const has = (key: string) => typeof row === "object" && key in row;
    const kind = has("prompt") ? many(10, (i) => completion(`${i}?`, `Yes ${i}.`)) : filler;
    const rest = has("input") ? many(10, (index) => pair(`q${index}`, "Yes.", "No.")) : kind;
    assert.deepEqual(
      await warningsOf([...rest, row]),
      expected.map((code) => `${code} 11`),
    );
  });
}

const labelled = (counts: Record<string, number>) =>
  Object.entries(counts).flatMap(([label, count]) =>
    many(count, (index) => chat(`${label} ${index}?`, label)),
  );
test("labels with nearly all or nearly no rows are named", async () => {
  assert.deepEqual(await warningsOf(labelled({ yes: 20, no: 20 })), []);
  assert.deepEqual(await warningsOf(labelled({ yes: 95, no: 5 })), ["label_dominates"]);
  assert.deepEqual(await warningsOf(labelled({ a: 30, b: 30, c: 30, d: 1 })), ["rare_labels"]);
  assert.deepEqual(await warningsOf(labelled({ same: 25 })), ["one_answer"]);
  assert.deepEqual(await warningsOf(plain(60)), []);
});
