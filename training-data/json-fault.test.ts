import assert from "node:assert/strict";
import { test } from "node:test";
import { binaryFault } from "./json-fault.ts";
import { parseText } from "./jsonl.ts";

const row = '{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}]}';
const content = (written: string) => row.replace('"q"', written);

/** Lines as people have them, and what they are told to do. */
const lines: [string, RegExp][] = [
  [`${row},`, /at character 80, a comma follows the object; delete it/],
  [row + row, /at character 80, another row begins on the same line; end the line before it/],
  [`${row}\r${row}`, /another row begins on the same line; the lines end as those of old Macs do/],
  [`${row} x`, /something follows the object; delete it/],
  [content("NaN"), /at character 39, NaN: JSON has no such value; write null or a text/],
  [content("-Infinity"), /Infinity: JSON has no such value/],
  [content("None"), /None: this is Python's; write null, true or false/],
  [row.replace(/}$/, ',"parallel_tool_calls":True}'), /True: this is Python's/],
  [row.replaceAll('"', "'"), /at character 2, JSON has no single quotes; write the row with json\.dumps/],
  [row.replaceAll('"', "“"), /at character 2, curly quotes are no JSON/],
  [row.replace('"messages"', "messages"), /at character 2, names stand in double quotes/],
  [row.replace(/}]}$/, "},]}"), /a comma stands before a closing bracket; delete it/],
  [row.replace(/}]}$/, "}],}"), /a comma stands before a closing bracket; delete it/],
  [content('"a\tb"'), /at character 41, a tab or a line break stands in a text; write \\t or \\n/],
  [content(String.raw`"C:\dir"`), /at character 42, a backslash stands alone in a text/],
  [content(String.raw`"\\\"\u00e9\q"`), /a backslash stands alone in a text/],
  [content('"he said "hi" to me"'), /hi stands outside of a text; write quotes in a text as \\"/],
  [`\u00a0${row}`, /at character 1, a blank stands here that JSON has not; delete it/],
  [row.replace("[", "\u200b["), /a blank stands here that JSON has not/],
  [`\ufeff${row}`, /the line begins with a byte-order mark; save the file as UTF-8 without one/],
  [row.slice(0, 40), /at character 39, a text begins and does not end; write line breaks in it as/],
  [row.slice(0, -2), /the line ends before its object does/],
  ["[", /this begins a list or an object of several lines; write each row on one line/],
  ["{", /this begins a list or an object of several lines/],
  ['  "messages": [', /this is a part of an object; write each row on one line/],
  ["}", /this ends an object of several lines/],
  ["]", /this ends a list; write its rows one a line/],
  [`[${row},`, /this begins a list; write its rows one a line, without the brackets/],
  [`[${row}]`, /this is an array; write one JSON object a line/],
  ["prompt,completion", /perhaps CSV or plain text; write each row as a JSON object/],
  ["- role: user", /perhaps CSV or plain text/],
  ['1,"q","a"', /perhaps CSV or plain text/],
  ['"q","a"', /perhaps CSV or plain text/],
  ["# my data", /JSON has no comments; delete the line/],
  ["<!DOCTYPE html>", /this is HTML or XML/],
  ["version https://git-lfs.github.com/spec/v1", /get the file with `git lfs pull`/],
  ['{\0"\0a\0"\0:\x001\0}\0', /zero bytes, as UTF-16 and binary files do; save the file as UTF-8/],
  [`{"a":[${"1,".repeat(300_000)}1]}`, /more than 262,144 values; split it/],
];
for (const [text, expected] of lines) {
  test(`a line is refused with what to do: ${text.slice(0, 60)}`, () => {
    const parsed = parseText(7, text);
    assert.ok("message" in parsed);
    assert.match(parsed.message, /^Expected file to have JSONL format, .*Line starts with: .*\(line 7: /s);
    assert.match(parsed.message, expected);
  });
}

const good = [
  row,
  `  ${row}\r`,
  content("null"),
  content("-1.5e+10"),
  content(String.raw`"\"\\\u00e9',}"`),
  content('"NaN, None"'),
];
for (const text of good) {
  test(`a line that is JSON is a row: ${text.slice(0, 60)}`, () => assert.ok("value" in parseText(1, text)));
}

test("files that are no text are named by their first bytes", () => {
  const said = ["\u001f\u008b\b", "PK\u0003\u0004x", "PAR1", "\u00ff\u00fe{", "\u00e4"].map(binaryFault);
  assert.deepEqual(
    said.map((text) => /gzip|ZIP|Parquet|UTF-16|not UTF-8/.exec(text)?.[0]),
    ["gzip", "ZIP", "Parquet", "UTF-16", "not UTF-8"],
  );
});
