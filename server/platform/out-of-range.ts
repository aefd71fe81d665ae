import type { z } from "zod";
import { Refusal, type RefusalKind } from "../../contract/errors.ts";

type Issue = z.core.$ZodIssue;
export type RangeIssue = Extract<Issue, { code: "too_big" | "too_small" }>;

export const isRangeIssue = (issue: Issue): issue is RangeIssue =>
  issue.code === "too_big" || issue.code === "too_small";

type Found = { readonly issue: RangeIssue; readonly value: unknown; readonly isWhole: boolean };
/** `text` goes on after the parameter's name, as OpenAI words it. */
type Wording = { readonly kind: RefusalKind; readonly text: string };

const boundOf = (issue: RangeIssue) => Number(issue.code === "too_big" ? issue.maximum : issue.minimum);
const isAbove = ({ code }: RangeIssue) => code === "too_big";

function ofNumber({ issue, value, isWhole }: Found): Wording {
  const noun = isWhole ? "integer" : "decimal";
  const sign = `${isAbove(issue) ? "<" : ">"}${issue.inclusive ? "=" : ""}`;
  const side = isAbove(issue) ? "above maximum" : "below minimum";
  const text = `${noun} ${side} value. Expected a value ${sign} ${boundOf(issue)}, but got ${String(value)} instead.`;
  return { kind: isAbove(issue) ? `${noun}_above_max_value` : `${noun}_below_min_value`, text };
}

function ofLength(noun: "array" | "string", { issue, value }: Found): Wording {
  const article = noun === "array" ? "an" : "a";
  const length = typeof value === "string" || Array.isArray(value) ? value.length : 0;
  const limit = `${isAbove(issue) ? "maximum" : "minimum"} length ${boundOf(issue)}`;
  const expected = `Expected ${article} ${noun} with ${limit}, but got`;
  if (length === 0)
    return { kind: `empty_${noun}`, text: `empty ${noun}. ${expected} an empty ${noun} instead.` };
  const text = `${noun} too ${isAbove(issue) ? "long" : "short"}. ${expected} ${article} ${noun} with length ${length} instead.`;
  return { kind: isAbove(issue) ? `${noun}_above_max_length` : `${noun}_below_min_length`, text };
}

const wordings: Readonly<Record<string, (found: Found) => Wording>> = {
  number: ofNumber,
  int: ofNumber,
  array: (found) => ofLength("array", found),
  string: (found) => ofLength("string", found),
};

/** What is too much or too little, told with OpenAI's codes and in its words; null: of what it has no such words. */
export function rangeRefusal(param: string, found: Found): Refusal | null {
  const wording = wordings[found.issue.origin]?.(found);
  return wording ? new Refusal(wording.kind, `Invalid '${param}': ${wording.text}`, param) : null;
}
