import { endOfString } from "../contract/json-depth.ts";

const QUOTE = 34;
const COLON = 58;

/** Of the members that are written in `text`, which is JSON. */
function writtenNames(text: string): number {
  let names = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at + 1);
    else if (code === COLON) names += 1;
  }
  return names;
}

const isBlank = (code: number) => code === 32 || code === 9 || code === 13;

/** As `writtenNames`, and many times as fast; too many where a text begins with a colon. null: only that one can tell. */
function likelyNames(text: string): number | null {
  let names = 0;
  for (let at = text.indexOf(":"); at !== -1; at = text.indexOf(":", at + 1)) {
    const before = text.charCodeAt(at - 1);
    if (before === QUOTE) names += 1;
    else if (isBlank(before)) return null;
  }
  return names;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function keptNames(value: unknown): number {
  let names = 0;
  if (Array.isArray(value)) for (const item of value) names += keptNames(item);
  // A parsed object inherits no name, and a list of its values would be thrown away.
  else if (isObject(value)) for (const name in value) names += 1 + keptNames(value[name]);
  return names;
}

/** Whether an object of `text`, which was parsed as `value`, names a key twice: parsers keep the last, and say nothing. */
export function repeatsAName(text: string, value: unknown): boolean {
  const kept = keptNames(value);
  return likelyNames(text) !== kept && writtenNames(text) !== kept;
}
