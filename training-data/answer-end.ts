/** Whether an answer looks as if its end were missing. */

export type AnswerEnd = "cut" | "bare" | "closed" | "other";

/** Shorter answers, such as labels and names, end as they like. */
const SHORT = 25;
const SENTENCE = 60;
const OPEN_END = /[,;([{&+=\\–—-]$/u;
const CLOSED_END = /[.!?…。！？"'”’»)\]}`*]$/u;
const BARE_END = /[\p{Letter}\p{Number}]$/u;
const LEADS_ON =
  /\s(?:a|an|and|as|at|because|but|by|for|from|in|into|is|of|on|or|so|than|that|the|to|was|which|with)$/i;
const LAST_WORDS = 20;

const hasOpenFence = (text: string) => text.includes("```") && text.split("```").length % 2 === 0;

function isCutJson(text: string): boolean {
  if (text.startsWith("{")) return !text.endsWith("}");
  return text.startsWith("[{") && !text.endsWith("]");
}

/**
 * "cut": it stops in the middle of something. "bare": a long answer without a final mark, which is as it should be
 * only where the other answers have none either.
 */
export function endOf(answer: string): AnswerEnd {
  const text = answer.trimEnd();
  if (isCutJson(text) || hasOpenFence(text)) return "cut";
  if (text.length < SHORT) return "other";
  if (OPEN_END.test(text.slice(-1)) || LEADS_ON.test(text.slice(-LAST_WORDS))) return "cut";
  if (CLOSED_END.test(text.slice(-1))) return "closed";
  return text.length >= SENTENCE && BARE_END.test(text.slice(-2)) ? "bare" : "other";
}
