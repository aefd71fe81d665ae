/** Nothing that this API takes needs more; recursive readers further on (llama.cpp among them) die of far less than a megabyte of "[". */
export const MAX_JSON_DEPTH = 64;

const QUOTE = 34;
const BACKSLASH = 92;
const OPENING_BRACKET = 91;
const CLOSING_BRACKET = 93;
const OPENING_BRACE = 123;
const CLOSING_BRACE = 125;
const COMMA = 44;

/** Checking each against a schema takes microseconds, and memory where it is wrong: millions would stop the server. */
export const MAX_JSON_VALUES = 2 ** 18;

/** The place of the quote that ends the string begun before `from`; the end of the text where none does. */
export function endOfString(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at !== -1; at = text.indexOf('"', at + 1)) {
    let escapes = 0;
    while (at - escapes > from && text.charCodeAt(at - escapes - 1) === BACKSLASH) escapes += 1;
    if (escapes % 2 === 0) return at;
  }
  return text.length;
}

/** Whether arrays and objects stand in each other deeper than `limit`. `text` is JSON, or will be refused as none. */
export function isDeeperThan(text: string, limit: number): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at + 1);
    else if (code === OPENING_BRACKET || code === OPENING_BRACE) {
      depth += 1;
      if (depth > limit) return true;
    } else if (code === CLOSING_BRACKET || code === CLOSING_BRACE) depth -= 1;
  }
  return false;
}

/** Whether it holds more members and elements, in whatever depth. `text` is JSON, or will be refused as none. */
export function hasMoreValuesThan(text: string, limit: number): boolean {
  // Each takes a character and a comma.
  if (text.length <= 2 * limit) return false;
  let values = 1;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at + 1);
    else if (code === COMMA || code === OPENING_BRACKET || code === OPENING_BRACE) {
      values += 1;
      if (values > limit) return true;
    }
  }
  return false;
}
