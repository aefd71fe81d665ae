import { isDeeperThan, MAX_JSON_DEPTH } from "./json-depth.ts";
import { findFault, illFormedText, tooLargeNumber } from "./well-formed.ts";

/** Why no engine could read what a call holds as its `arguments`; null: it can. */
export type ArgumentsFault = "too_deep" | "not_json" | "too_large_number" | "ill_formed_text";

function faultIn(value: unknown): ArgumentsFault | null {
  if (findFault(value, tooLargeNumber)) return "too_large_number";
  return findFault(value, illFormedText) ? "ill_formed_text" : null;
}

/** Engines parse the arguments before they write the prompt: what they cannot read could never be asked again. */
export function argumentsFault(written: string): ArgumentsFault | null {
  if (isDeeperThan(written, MAX_JSON_DEPTH)) return "too_deep";
  try {
    return faultIn(JSON.parse(written));
  } catch {
    return "not_json";
  }
}
