import {
  character,
  choice,
  type Expression,
  inSet,
  nothing,
  type Rules,
  repeat,
  rule,
  sequence,
  text,
} from "../../grammar/expression.ts";
import { jsonRules } from "../../grammar/json.ts";
import { readSchema } from "../../grammar/schema-grammar.ts";
import type { ToolFormat } from "./tool-format.ts";

export type ToolFunction = {
  readonly name: string;
  readonly parameters?: unknown;
  readonly strict?: boolean | null | undefined;
};

export type ToolWish = {
  readonly functions: readonly ToolFunction[];
  /** There must be a call, and no text. */
  readonly isRequired: boolean;
  readonly mayBeParallel: boolean;
  /** What an answer without a call must be; null: any text. */
  readonly answer: { readonly root: Expression; readonly rules: Rules } | null;
};

/** A model that cannot stop would go on to its last token. */
const MOST_CALLS = 32;
const noArguments = { type: "object", properties: {}, additionalProperties: false };

type Named = Map<string, Expression>;

function addArguments(rules: Named, { parameters, strict }: ToolFunction, place: number): void {
  const options = { isStrict: strict === true, prefix: `f${place}` };
  const isSaid = typeof parameters === "object" && parameters !== null && Object.keys(parameters).length > 0;
  const read = readSchema(isSaid ? parameters : noArguments, options);
  for (const [key, expression] of read.rules) rules.set(key, expression);
  rules.set(`arguments-${place}`, read.root);
}

/** What follows the marker of a call. */
function addCalls(rules: Named, { functions }: ToolWish, { open, between, close, marker }: ToolFormat): void {
  const calls = functions.map((one, place) => {
    addArguments(rules, one, place);
    return sequence(text(one.name + between), rule(`arguments-${place}`));
  });
  rules.set("call-rest", sequence(text(open.slice(marker.length)), choice(...calls), text(close)));
}

/** For each beginning of `marker` that the text so far ends with: how much of it stands after one more character. */
function nextState(marker: string, state: number, one: string): number {
  const written = marker.slice(0, state) + one;
  for (let length = Math.min(written.length, marker.length); length > 0; length -= 1) {
    if (written.endsWith(marker.slice(0, length))) return length;
  }
  return 0;
}

/** Any text that does not hold the marker, and what comes once it does: a rule for each state of looking for it. */
function addText(rules: Named, marker: string, then: Expression): void {
  const alphabet = [...new Set(marker)];
  const others = character(`^${alphabet.map(inSet).join("")}`);
  for (let state = 0; state < marker.length; state += 1) {
    const steps = alphabet.map((one) => {
      const next = nextState(marker, state, one);
      return sequence(text(one), next === marker.length ? then : rule(`text-${next}`));
    });
    rules.set(`text-${state}`, choice(sequence(others, rule("text-0")), ...steps, nothing));
  }
}

/** The grammar of an answer with tools: text or what the caller's schema says, calls, or both, as he wishes. */
export function toolGrammar(wish: ToolWish, format: ToolFormat): Rules {
  const rules: Named = new Map();
  const { marker, separator } = format;
  const isMany = wish.mayBeParallel && separator !== null;
  const more = sequence(text((separator ?? "") + marker), rule("call-rest"));
  const restOfCalls = sequence(rule("call-rest"), isMany ? repeat(more, 0, MOST_CALLS - 1) : nothing);
  const calls = sequence(text(marker), restOfCalls);
  const isText = !wish.isRequired && !wish.answer;
  const answer = wish.answer && !wish.isRequired ? [wish.answer.root] : [];
  rules.set("root", isText ? rule("text-0") : choice(...answer, calls));
  for (const [name, expression] of [...jsonRules, ...(wish.answer?.rules ?? [])]) rules.set(name, expression);
  if (isText) addText(rules, marker, restOfCalls);
  addCalls(rules, wish, format);
  return rules;
}
