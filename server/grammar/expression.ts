/** A piece of a context-free grammar: data first, then the functions over it. */
export type Expression =
  | { readonly kind: "text"; readonly text: string }
  /** One character; `set` is what stands between the brackets. */
  | { readonly kind: "character"; readonly set: string }
  | { readonly kind: "sequence"; readonly items: readonly Expression[] }
  | { readonly kind: "choice"; readonly items: readonly Expression[] }
  | {
      readonly kind: "repeat";
      readonly item: Expression;
      readonly min: number;
      readonly max: number | null;
    }
  | { readonly kind: "rule"; readonly name: string };

export type Rules = ReadonlyMap<string, Expression>;

export const text = (written: string): Expression => ({ kind: "text", text: written });
export const character = (set: string): Expression => ({ kind: "character", set });
export const rule = (name: string): Expression => ({ kind: "rule", name });
export const sequence = (...items: readonly Expression[]): Expression => ({ kind: "sequence", items });
export const nothing = sequence();

export function choice(...items: readonly Expression[]): Expression {
  const [only] = items;
  return items.length === 1 && only ? only : { kind: "choice", items };
}

export const repeat = (item: Expression, min: number, max: number | null): Expression => ({
  kind: "repeat",
  item,
  min,
  max,
});
export const optional = (item: Expression): Expression => repeat(item, 0, 1);

const escapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

const hex = (code: number, digits: number) => code.toString(16).toUpperCase().padStart(digits, "0");

function escapeCharacter(one: string): string {
  const code = one.codePointAt(0) ?? 0;
  return escapes[one] ?? (code < 32 || code === 127 ? `\\x${hex(code, 2)}` : one);
}

const writeText = (written: string) => `"${Array.from(written, escapeCharacter).join("")}"`;

/** A character as it may stand between the brackets of a set. */
export function inSet(one: string): string {
  const code = one.codePointAt(0) ?? 0;
  if (/^[A-Za-z0-9 ]$/.test(one)) return one;
  if (code < 256) return `\\x${hex(code, 2)}`;
  return code < 65_536 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

function times(min: number, max: number | null): string {
  if (min === 0 && max === 1) return "?";
  if (min === 0 && max === null) return "*";
  if (min === 1 && max === null) return "+";
  if (min === max) return `{${min}}`;
  return `{${min},${max ?? ""}}`;
}

const isAtom = ({ kind }: Expression) => kind === "character" || kind === "rule";

/** Puts an expression into a rule of its own, and returns that. */
type Hoist = (expression: Expression) => string;

function write(expression: Expression, hoist: Hoist): string {
  const inner = (item: Expression) =>
    item.kind === "choice" ? `(${write(item, hoist)})` : write(item, hoist);
  switch (expression.kind) {
    case "text":
      return writeText(expression.text);
    case "character":
      return `[${expression.set}]`;
    case "rule":
      return expression.name;
    case "sequence":
      return expression.items.length === 0 ? '""' : expression.items.map(inner).join(" ");
    case "choice":
      return expression.items.map((item) => write(item, hoist)).join(" | ");
    case "repeat": {
      const item = isAtom(expression.item) ? write(expression.item, hoist) : hoist(expression.item);
      return item + times(expression.min, expression.max);
    }
  }
}

/** In llama.cpp's notation (GBNF), beginning with the rule `root`. */
export function writeGrammar(rules: Rules): string {
  const lines: string[] = [];
  let count = 0;
  // llama.cpp copies what is repeated, and refuses to copy much: a rule's name is little.
  const hoist: Hoist = (expression) => {
    count += 1;
    const name = `part-${count}`;
    lines.push(`${name} ::= ${write(expression, hoist)}\n`);
    return name;
  };
  for (const [name, expression] of rules) lines.push(`${name} ::= ${write(expression, hoist)}\n`);
  return lines.join("");
}

/** How much llama.cpp makes of it: what is repeated counts as often as it may come. */
export function sizeOf(expression: Expression): number {
  switch (expression.kind) {
    case "text":
      return 1 + expression.text.length;
    case "character":
    case "rule":
      return 1;
    case "sequence":
    case "choice":
      return expression.items.reduce((sum, item) => sum + sizeOf(item), 1);
    case "repeat":
      return sizeOf(expression.item) + Math.max(expression.min, expression.max ?? 1);
  }
}
