import { parseDocument } from "yaml";
import { Refusal } from "../../contract/errors.ts";

/** A change is a page, not a book; aliases could make more of it than it is. */
const MAX_BYTES = 1024 * 1024;

const refuse = (text: string): never => {
  throw new Refusal("invalid_lifecycle", text);
};

/** YAML 1.2, of which JSON is a part, as plain values. */
export function readDocumentText(text: string): unknown {
  if (Buffer.byteLength(text) > MAX_BYTES) refuse("The document is larger than 1 MB.");
  // Dates stay text: `2027-01-06` is a day, not a moment.
  const document = parseDocument(text, { schema: "core", uniqueKeys: true, merge: false });
  const [problem] = [...document.errors, ...document.warnings];
  if (problem) {
    const line = problem.linePos?.[0].line;
    const [first = ""] = problem.message.split(" at line");
    refuse(`The document is not valid YAML${line === undefined ? "" : `, line ${line}`}: ${first.trim()}.`);
  }
  try {
    return document.toJS({ maxAliasCount: 100 }) ?? {};
  } catch {
    return refuse("The document has too many aliases.");
  }
}
