import {
  character,
  choice,
  type Expression,
  nothing,
  optional,
  repeat,
  rule,
  sequence,
  text,
} from "./expression.ts";
import { anyNumber } from "./numbers.ts";
import { anyCharacter, char } from "./strings.ts";

/** Bounded, or a model that has lost its way would write blanks to its last token. */
const blank = choice(text(" "), sequence(text("\n"), repeat(character(" \\t"), 0, 20)), nothing);
export const blanks = rule("blanks");

export const quoted = (inner: Expression) => sequence(text('"'), inner, text('"'));
const string = quoted(repeat(char, 0, null));

/** Items between brackets, separated by commas; the separator is part of what is repeated. */
export const listed = (open: string, items: Expression, close: string) =>
  sequence(text(open), blanks, items, blanks, text(close));

export const comma = sequence(text(","), blanks);

export const member = (name: Expression, value: Expression) => sequence(name, text(":"), blanks, value);

const many = (item: Expression) => optional(sequence(item, repeat(sequence(comma, item), 0, null)));

/** The rules of JSON itself, which all others may use. */
export const jsonRules: ReadonlyMap<string, Expression> = new Map([
  ["blanks", blank],
  ["char", anyCharacter],
  ["string", string],
  ["number", anyNumber],
  ["object", listed("{", many(member(rule("string"), rule("value"))), "}")],
  ["array", listed("[", many(rule("value")), "]")],
  [
    "value",
    choice(
      rule("object"),
      rule("array"),
      rule("string"),
      rule("number"),
      text("true"),
      text("false"),
      text("null"),
    ),
  ],
]);
