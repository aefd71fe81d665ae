import { endOfString } from "../contract/json-depth.ts";
import { isDictionary } from "./jsonl.ts";

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
  let names = 0;
  if (Array.isArray(value)) for (const item of value) names += keptNames(item);
  // Parsed objects inherit no name, and a list of their values would be thrown away for each.
  else if (isDictionary(value)) for (const name in value) names += 1 + keptNames(value[name]);
  return names;
}

/** Whether an object of `text`, which was parsed as `value`, names a key twice: parsers keep the last, and say nothing. */
export const repeatsAName = (text: string, value: unknown): boolean =>
  writtenNames(text) !== keptNames(value);
