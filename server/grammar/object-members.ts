import { choice, type Expression, nothing, optional, repeat, sequence, text } from "./expression.ts";
import { comma, listed, member, quoted } from "./json.ts";
import { char } from "./strings.ts";

export type Member = { readonly name: string; readonly value: Expression; readonly isRequired: boolean };

type Members = {
  readonly members: readonly Member[];
  /** The value of any further name; null: there is none. */
  readonly others: Expression | null;
  readonly newRule: (expression: Expression) => Expression;
};

/**
 * An object with its members in this order, those that are not required perhaps left out. Two rules a member: what may
 * follow once something is written (with a comma), and while nothing is.
 */
export function objectOf({ members, others, newRule }: Members): Expression {
  const other = others && newRule(member(quoted(repeat(char, 0, null)), others));
  let later: Expression = other ? repeat(sequence(comma, other), 0, null) : nothing;
  let first: Expression = other ? optional(sequence(other, later)) : nothing;
  for (const { name, value, isRequired } of members.toReversed()) {
    const written = newRule(member(text(JSON.stringify(name)), value));
    const next = later;
    const withComma = sequence(comma, written);
    first = newRule(isRequired ? sequence(written, next) : choice(sequence(written, next), first));
    later = newRule(sequence(isRequired ? withComma : optional(withComma), next));
  }
  return listed("{", first, "}");
}
