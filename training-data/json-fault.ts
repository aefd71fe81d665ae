import { endOfString } from "../contract/json-depth.ts";

/** What is wrong with a line that is no JSON, and what to do. By its text alone: engines word their errors differently. */

const SEVERAL_LINES = "write each row on one line, such as `jq -c` does";
const NO_ARRAY = "write its rows one a line, without the brackets and the commas between them";

const starts: readonly (readonly [RegExp, string])[] = [
  [/\0/, "it holds zero bytes, as UTF-16 and binary files do; save the file as UTF-8"],
  [
    /^version https:\/\/git-lfs/,
    "this is the pointer to a file in Git LFS; get the file with `git lfs pull`",
  ],
  [/^(?:\/\/|\/\*|#)/, "JSON has no comments; delete the line"],
  [/^</, "this is HTML or XML, perhaps a page that tells of an error; write each row as a JSON object"],
  [/^[{[]$/, `this begins a list or an object of several lines; ${SEVERAL_LINES}`],
  [/^\](?:,|$)/, `this ends a list; ${NO_ARRAY}`],
  [/^\}/, `this ends an object of several lines; ${SEVERAL_LINES}`],
  [/^"(?:[^"\\]|\\.)*"\s*:/, `this is a part of an object; ${SEVERAL_LINES}`],
  [/^\[(?!.*\]$)/s, `this begins a list; ${NO_ARRAY}`],
];

const NO_JSON = "this is no JSON, but perhaps CSV or plain text; write each row as a JSON object";

const words: ReadonlyMap<string, string> = new Map([
  ...["NaN", "Infinity", "undefined"].map(
    (word) => [word, "JSON has no such value; write null or a text"] as const,
  ),
  ...["None", "True", "False"].map(
    (word) => [word, "this is Python's; write null, true or false, as json.dumps does"] as const,
  ),
]);
/** No-break spaces and their like, as copying from pages and documents brings them. */
const STRANGE_BLANK = /[^\S \t\r\n]|[\u200b\u2060]/;
const KNOWN: readonly string[] = ["true", "false", "null"];

const quotes: ReadonlyMap<string, string> = new Map([
  ["'", "JSON has no single quotes; write the row with json.dumps, JSON.stringify or the like"],
  ...["“", "”", "„"].map((sign) => [sign, 'curly quotes are no JSON; write "'] as const),
]);

type Fault = { readonly at: number; readonly text: string };

/** In a string from its first character up to the quote that ends it. */
function faultInString(text: string, from: number, end: number): Fault | null {
  if (end === text.length)
    return { at: from - 1, text: "a text begins and does not end; write line breaks in it as \\n" };
  const within = text.slice(from, end);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what no string may hold as they are.
  const sign = within.search(/[\u0000-\u001f]/);
  if (sign !== -1)
    return { at: from + sign, text: "a tab or a line break stands in a text; write \\t or \\n" };
  const lone = within
    .replace(/\\(?:["\\/bfnrt]|u[\da-f]{4})/gi, (one) => " ".repeat(one.length))
    .indexOf("\\");
  return lone === -1 ? null : { at: from + lone, text: "a backslash stands alone in a text; write \\\\" };
}

function faultOfWord(text: string, at: number, word: string): Fault | null {
  const known = words.get(word);
  if (known) return { at, text: `${word}: ${known}` };
  if (KNOWN.includes(word)) return null;
  const isName = /^\s*:/.test(text.slice(at + word.length, at + word.length + 20));
  const outside = `${word} stands outside of a text; write quotes in a text as \\"`;
  return { at, text: isName ? 'names stand in double quotes, as in {"messages": …}' : outside };
}

function faultAfterObject(text: string, end: number): Fault | null {
  const rest = text.slice(end);
  const at = end + rest.search(/\S|$/);
  if (at === text.length) return null;
  if (/^\s*,\s*$/.test(rest)) return { at, text: "a comma follows the object; delete it" };
  if (!/^[\s,]*[{[]/.test(rest)) return { at, text: "something follows the object; delete it" };
  const how = rest.startsWith("\r")
    ? "the lines end as those of old Macs do; end them with \\n"
    : "end the line before it";
  return { at, text: `another row begins on the same line; ${how}` };
}

/** Goes through the line as far as it can be followed. */
function findFault(text: string): Fault | null {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text.charAt(at);
    if (sign === '"') {
      const end = endOfString(text, at + 1);
      const fault = faultInString(text, at + 1, end);
      if (fault) return fault;
      at = end;
    } else if (quotes.has(sign)) return { at, text: quotes.get(sign) ?? "" };
    else if (STRANGE_BLANK.test(sign))
      return { at, text: "a blank stands here that JSON has not; delete it" };
    else if (sign === "{" || sign === "[") depth += 1;
    else if (sign === "}" || sign === "]") {
      depth -= 1;
      if (depth === 0) return faultAfterObject(text, at + 1);
    } else if (sign === "," && /^\s*[\]}]/.test(text.slice(at + 1, at + 20)))
      return { at, text: "a comma stands before a closing bracket; delete it" };
    else if (/[A-Za-z_]/.test(sign)) {
      const [word = ""] = /^\w+/.exec(text.slice(at, at + 40)) ?? [];
      const isNumber = /[\d.]/.test(text.charAt(at - 1));
      const fault = isNumber ? null : faultOfWord(text, at, word);
      if (fault) return fault;
      at += word.length - 1;
    }
  }
  const whole =
    "the line ends before its object does; is it cut off, or does the row go on in the next line?";
  return depth > 0 ? { at: text.length, text: `${whole} Write each row on one line` } : null;
}

/** `text`: a line that is no JSON. null: none of the usual things. */
export function jsonFault(text: string): string | null {
  const trimmed = text.trim();
  const start = starts.find(([pattern]) => pattern.test(trimmed));
  if (start) return start[1];
  if (!/^[[{]/.test(trimmed)) return NO_JSON;
  const fault = findFault(text);
  return fault && `at character ${fault.at + 1}, ${fault.text}`;
}

/** Whether no parser needs to be asked: what it throws costs more than reading a good row. */
export function isSurelyNoJson(text: string): boolean {
  // As nearly all lines are.
  if (text.startsWith("{") && text.endsWith("}")) return false;
  const first = text.trimStart().charAt(0);
  return first === "{" ? !text.trimEnd().endsWith("}") : !/[["\d\-tfn]/.test(first);
}

const binaries: readonly (readonly [string, string])[] = [
  ["\u001f\u008b", "the file is compressed with gzip; unpack it first"],
  ["PK\u0003\u0004", "the file is a ZIP archive or a spreadsheet; unpack it, or export it as JSONL"],
  ["PAR1", "the file is in the Parquet format; export it as JSONL"],
  ["\u00ff\u00fe", "the file is UTF-16; save it as UTF-8"],
  ["\u00fe\u00ff", "the file is UTF-16; save it as UTF-8"],
  ["\u0028\u00b5\u002f\u00fd", "the file is compressed with zstd; unpack it first"],
];

/** `start`: a line's first bytes, each as the character of that number. */
export const binaryFault = (start: string): string =>
  binaries.find(([mark]) => start.startsWith(mark))?.[1] ?? "the text is not UTF-8; save the file as UTF-8";
