import { endOfString } from "../contract/json-depth.ts";

/** Whether an answer looks as if its end were missing. */

export type AnswerEnd = "cut" | "leading" | "bare" | "closed" | "other";

/** Shorter answers, such as labels and names, end as they like. */
const SHORT = 25;
const SENTENCE = 60;
/** Not ";", "=", "+" or a dash without a letter before it: code, keys and drawn tables end so. */
const OPEN_END = /(?:[,([{–—]|\p{Letter}-)$/u;
const CLOSED_END = /[.!?…。！？।؟۔"'”’»」』)\]）】}`*]$/u;
/** Scripts that write no final mark. */
const BARE_END =
  /(?![\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}])[\p{Letter}\p{Number}]$/u;
/** Words that end no sentence of English. */
const LEADS_ON = /\s(?:a|and|because|the)$/i;
/** Words that end few; headlines and other languages do end in them. */
const OFTEN_LEADS_ON =
  /\s(?:an|as|at|but|by|for|from|in|into|is|are|of|on|or|so|than|that|to|was|were|which|with|your|our|my)$/i;
const LAST_WORDS = 20;
/** Lists, headings and the like are made of lines that no mark ends. */
const LIST_ITEM = /^\s*(?:[-*•+#>|]|\d+[.)])\s/;
/** Nor does one end addresses, names of files and telephone numbers. */
const NO_WORD = /(?:[/@_:\\]\S*|\.\w+|\d[ -]\d+)$/;
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

/** A long last line of words: signatures and addresses end in short ones. */
function isBare(text: string): boolean {
  const line = text.slice(text.lastIndexOf("\n") + 1);
  if (line.length < SENTENCE || !BARE_END.test(line.slice(-2))) return false;
  return !LIST_ITEM.test(line) && !NO_WORD.test(line.slice(-SENTENCE));
}

/**
 * "cut": it stops in the middle of something. "leading": its last word asks for another; "bare": it is long and has no
 * final mark; both are as they should be where the other answers have no mark either.
 */
export function endOf(answer: string): AnswerEnd {
  const text = answer.trimEnd();
  if (isCutJson(text) || hasOpenFence(text)) return "cut";
  if (text.length < SHORT) return "other";
  if (OPEN_END.test(text.slice(-2)) || LEADS_ON.test(text.slice(-LAST_WORDS))) return "cut";
  if (CLOSED_END.test(text.slice(-1))) return "closed";
  if (OFTEN_LEADS_ON.test(text.slice(-LAST_WORDS))) return "leading";
  return isBare(text) ? "bare" : "other";
}
