import { endOfString } from "../contract/json-depth.ts";

/** Whether an answer looks as if its end were missing. */

export type AnswerEnd = "cut" | "bare" | "closed" | "other";

/** Shorter answers, such as labels and names, end as they like. */
const SHORT = 25;
const SENTENCE = 60;
/** Not ";", "=", "+" or a dash without a letter before it: code, keys and drawn tables end so. */
const OPEN_END = /(?:[,([{–—]|\p{Letter}-)$/u;
const CLOSED_END = /[.!?…。！？।؟۔"'”’»」』)\]）】}`*]$/u;
/** Scripts that write no final mark. */
const BARE_END =
  /(?![\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}])[\p{Letter}\p{Number}]$/u;
/** Words that end no sentence: prepositions do, as in "what I wait for", and other languages have some of ours. */
const LEADS_ON = /\s(?:a|and|because|the)$/i;
const LAST_WORDS = 20;
/** A longer fence may hold shorter ones. */
const LONG_FENCE = "````";
const FENCE = /^[ \t]*```/gm;
const JSON_START = /^(?:\{|\[\s*\{)\s*"/;

const OPENING = /[[{]/;
const CLOSING = /[\]}]/;

const hasOpenFence = (text: string) =>
  text.includes("```") && !text.includes(LONG_FENCE) && (text.match(FENCE)?.length ?? 0) % 2 === 1;

/** JSON whose brackets are not all closed; words may follow those that are. */
function isCutJson(text: string): boolean {
  if (!JSON_START.test(text)) return false;
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text.charAt(at);
    if (sign === '"') at = endOfString(text, at + 1);
    else if (OPENING.test(sign)) depth += 1;
    else if (CLOSING.test(sign)) depth -= 1;
    if (depth === 0) return false;
  }
  return true;
}

/**
 * "cut": it stops in the middle of something. "bare": a long answer without a final mark, which is as it should be
 * only where the other answers have none either.
 */
export function endOf(answer: string): AnswerEnd {
  const text = answer.trimEnd();
  if (isCutJson(text) || hasOpenFence(text)) return "cut";
  if (text.length < SHORT) return "other";
  if (OPEN_END.test(text.slice(-2)) || LEADS_ON.test(text.slice(-LAST_WORDS))) return "cut";
  if (CLOSED_END.test(text.slice(-1))) return "closed";
  return text.length >= SENTENCE && BARE_END.test(text.slice(-2)) ? "bare" : "other";
}
