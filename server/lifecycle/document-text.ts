import { type Document, isAlias, isMap, isScalar, LineCounter, type Node, parseDocument, visit } from "yaml";
import { Refusal } from "../../contract/errors.ts";
import { isDeeperThan, MAX_JSON_DEPTH } from "../../contract/json-depth.ts";
import { findIllFormed } from "../../contract/well-formed.ts";
import { paramName } from "../platform/validation.ts";

/** A change is a page, not a book. */
const MAX_BYTES = 1024 * 1024;

const refuse = (text: string): never => {
  throw new Refusal("invalid_lifecycle", text);
};

/** The library reads by recursion, and says so in these words where a text is nested too deeply for it. */
const TOO_DEEP = "Maximum call stack size exceeded";

const at = (lines: LineCounter, offset: number | undefined): string => {
  const { line } = lines.linePos(offset ?? 0);
  return line === 0 ? "" : `, line ${line}`;
};

function assertReadable({ errors, warnings }: Document.Parsed, lines: LineCounter): void {
  const [problem] = [...errors, ...warnings];
  if (!problem) return;
  if (problem.message.includes(TOO_DEEP)) refuse("The document is nested too deeply.");
  const { line, col } = lines.linePos(problem.pos[0]);
  const where = line === 0 ? "" : `, line ${line}, column ${col}`;
  refuse(`The document is not valid YAML${where}: ${problem.message.trim().replace(/\.$/, "")}.`);
}

/** What would make more, or something else, of the text than stands there. */
function assertPlain(node: Node, lines: LineCounter): void {
  const where = at(lines, node.range?.[0]);
  if (isAlias(node) || ("anchor" in node && node.anchor))
    refuse(`Anchors and aliases are not read here${where}: write the value out.`);
  if (node.tag) refuse(`Tags such as ${node.tag} are not read here${where}: leave it out.`);
  if (!isMap(node)) return;
  const seen = new Set<string>();
  for (const { key } of node.items) {
    if (!isScalar(key)) throw refuse(`A name in the document is no text${where}.`);
    const name = String(key.value);
    if (seen.has(name))
      refuse(`The document has '${name}' twice in one place${at(lines, key.range?.[0])}: keep one.`);
    seen.add(name);
  }
}

function assertWellFormed(value: unknown): void {
  const path = findIllFormed(value);
  if (!path) return;
  const param = paramName(path) || null;
  const text = `Invalid value for '${param ?? "document"}': it is not well-formed Unicode.`;
  throw new Refusal("invalid_value", text, param);
}

/** YAML 1.2, of which JSON is a part, as plain values. */
export function readDocumentText(text: string): unknown {
  if (Buffer.byteLength(text) > MAX_BYTES) refuse("The document is larger than 1 MB: make several changes.");
  if (isDeeperThan(text, MAX_JSON_DEPTH)) refuse("The document is nested too deeply.");
  const lines = new LineCounter();
  const document = parseDocument(text, {
    // Dates stay text: `2027-01-06` is a day, not a moment.
    schema: "core",
    merge: false,
    // The library compares each name with each, and draws each error's line: minutes for a megabyte of them.
    uniqueKeys: false,
    prettyErrors: false,
    lineCounter: lines,
  });
  assertReadable(document, lines);
  visit(document, {
    Node(_, node, ancestors) {
      // Each level is a list or a map with its pair.
      if (ancestors.length > 2 * MAX_JSON_DEPTH)
        refuse(`The document is nested too deeply${at(lines, node.range?.[0])}.`);
      assertPlain(node, lines);
    },
  });
  const value: unknown = document.toJS() ?? {};
  assertWellFormed(value);
  return value;
}

/** The text of a body; other encodings would change names and reasons without a word. */
export function decodeDocument(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return refuse("The document is not UTF-8: save it in that encoding.");
  }
}
