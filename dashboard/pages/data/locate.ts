/** Where in a row's text the value stands that a problem's `param` names, such as `messages[1].role`. */

export type Span = { readonly start: number; readonly end: number };

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:,]|[^\s{}[\]:,"]+/gy;
const BLANK = /\s*/y;

type Lexeme = Span & { readonly text: string };

/** Enough of JSON to find places in it; a text that is none ends early. */
function lexemesOf(text: string): Lexeme[] {
  const found: Lexeme[] = [];
  for (let at = 0; at < text.length; ) {
    BLANK.lastIndex = at;
    BLANK.exec(text);
    TOKEN.lastIndex = BLANK.lastIndex;
    const match = TOKEN.exec(text);
    if (!match) break;
    found.push({ text: match[0], start: match.index, end: TOKEN.lastIndex });
    at = TOKEN.lastIndex;
  }
  return found;
}

const opens = (text: string) => text === "{" || text === "[";
const closes = (text: string) => text === "}" || text === "]";

/** The index after the value that begins at `from`. */
function afterValue(all: readonly Lexeme[], from: number): number {
  let depth = 0;
  for (let index = from; index < all.length; index += 1) {
    const text = all[index]?.text ?? "";
    if (opens(text)) depth += 1;
    else if (closes(text)) depth -= 1;
    if (depth <= 0) return index + 1;
  }
  return all.length;
}

const nameOf = (lexeme: Lexeme | undefined) => {
  try {
    return String(JSON.parse(lexeme?.text ?? ""));
  } catch {
    return "";
  }
};

/** Where the value of a key or of an index begins inside the one that begins at `from`; null: there is none. */
function childOf(all: readonly Lexeme[], from: number, step: string): number | null {
  const isObject = all[from]?.text === "{";
  if (!opens(all[from]?.text ?? "")) return null;
  let count = 0;
  for (let index = from + 1; index < all.length && !closes(all[index]?.text ?? ""); count += 1) {
    const value = isObject ? index + 2 : index;
    if ((isObject ? nameOf(all[index]) : String(count)) === step) return value;
    index = afterValue(all, value);
    if (all[index]?.text === ",") index += 1;
  }
  return null;
}

const stepsOf = (param: string) =>
  param === "row" ? [] : param.split(/[.[\]]+/).filter((step) => step !== "");

/**
 * The value itself, with its key where that is at fault, or what it is missing from; null: the text is no JSON as far as
 * that.
 */
export function locate(text: string, param: string, { withKey = false } = {}): Span | null {
  const all = lexemesOf(text);
  let at = 0;
  for (const step of stepsOf(param)) {
    const child = childOf(all, at, step);
    if (child === null || !all[child]) break;
    at = child;
  }
  const hasKey = all[at - 1]?.text === ":";
  const first = all[withKey && hasKey ? at - 2 : at];
  const last = all[afterValue(all, at) - 1];
  return first && last ? { start: first.start, end: last.end } : null;
}

/** So much of a long row as shows the fault: what is before it, the fault, what is after it. */
export function excerpt(text: string, span: Span | null, around = 160): readonly [string, string, string] {
  const { start, end } = span ?? { start: 0, end: 0 };
  const shownEnd = Math.min(end, start + 4 * around);
  const before = text.slice(Math.max(0, start - around), start);
  const after = text.slice(end, end + around);
  return [
    `${start > around ? "…" : ""}${before}`,
    `${text.slice(start, shownEnd)}${shownEnd < end ? "…" : ""}`,
    `${after}${end + around < text.length ? "…" : ""}`,
  ];
}
