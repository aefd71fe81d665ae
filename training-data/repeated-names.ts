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

function keptNames(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const members: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  let names = Array.isArray(value) ? 0 : members.length;
  for (const member of members) names += keptNames(member);
  return names;
}

/** Whether an object of `text`, which was parsed as `value`, names a key twice: parsers keep the last, and say nothing. */
export const repeatsAName = (text: string, value: unknown): boolean =>
  writtenNames(text) !== keptNames(value);
