import { mayBeEmpty } from "./analysis.ts";
import { choice, type Expression, repeat, sequence } from "./expression.ts";
import { char, complement, oneOf, type Span } from "./strings.ts";

/** What a grammar cannot say, or this reader does not know. */
export class PatternError extends Error {}

export const MAX_REPEATS = 2000;
/** Each level multiplies the ways to read the same text, and llama.cpp follows them all. */
const MAX_NESTED_REPEATS = 3;

function depthOfRepeats(expression: Expression): number {
  switch (expression.kind) {
    case "repeat":
      return depthOfRepeats(expression.item) + (expression.max === 1 ? 0 : 1);
    case "sequence":
    case "choice":
      return Math.max(0, ...expression.items.map(depthOfRepeats));
    default:
      return 0;
  }
}

const digit: Span[] = [[48, 57]];
const word: Span[] = [...digit, [65, 90], [95, 95], [97, 122]];
const space: Span[] = [
  [9, 13],
  [32, 32],
  [160, 160],
];
const lineEnds: Span[] = [
  [10, 10],
  [13, 13],
  [0x2028, 0x2029],
];
const classes: Readonly<Record<string, Span[]>> = {
  d: digit,
  w: word,
  s: space,
  D: complement(digit),
  W: complement(word),
  S: complement(space),
};
const controls: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, f: 12, v: 11, "0": 0 };

const required = (found: Expression | null): Expression => {
  if (!found) throw new PatternError("a set without characters");
  return found;
};

/** Reads a regular expression from left to right: alternatives, groups, sets and counts, no look-around and no back-references. */
function createReader(pattern: string) {
  const characters = Array.from(pattern);
  let at = 0;

  const peek = () => characters[at];
  const take = (): string => {
    const one = characters[at];
    if (one === undefined) throw new PatternError("it ends too early");
    at += 1;
    return one;
  };
  const takeIf = (wanted: string): boolean => {
    const isNext = characters.slice(at, at + wanted.length).join("") === wanted;
    if (isNext) at += wanted.length;
    return isNext;
  };

  function takeHex(count: number): Span[] {
    const digits = characters.slice(at, at + count).join("");
    if (!/^[0-9A-Fa-f]+$/.test(digits) || digits.length !== count) throw new PatternError("a broken escape");
    at += count;
    const code = Number.parseInt(digits, 16);
    return [[code, code]];
  }

  function takeEscape(): Span[] {
    const one = take();
    const known = classes[one];
    if (known) return known;
    if (one === "x") return takeHex(2);
    if (one === "u") return takeHex(4);
    const code = controls[one] ?? (/[A-Za-z0-9]/.test(one) ? undefined : one.codePointAt(0));
    if (code === undefined) throw new PatternError(`\\${one}`);
    return [[code, code]];
  }

  const takeMember = (): Span[] => {
    const one = take();
    const code = one.codePointAt(0) ?? 0;
    return one === "\\" ? takeEscape() : [[code, code]];
  };

  function takeSet(): Expression {
    const isNegated = takeIf("^");
    const spans: Span[] = [];
    while (!takeIf("]")) {
      const members = takeMember();
      const [first] = members;
      if (peek() !== "-" || characters[at + 1] === "]" || members.length !== 1 || !first) {
        spans.push(...members);
        continue;
      }
      at += 1;
      const [last] = takeMember();
      if (!last || last[0] < first[0]) throw new PatternError("a set whose ends are the wrong way round");
      spans.push([first[0], last[0]]);
    }
    return required(oneOf(isNegated ? complement(spans) : spans));
  }

  function takeGroup(): Expression {
    if (takeIf("?") && !takeIf(":")) throw new PatternError("look-around or a named group");
    const inner = takeAlternatives();
    if (!takeIf(")")) throw new PatternError("a group without its end");
    return inner;
  }

  function takeAtom(): Expression {
    const one = take();
    if (one === "(") return takeGroup();
    if (one === "[") return takeSet();
    if (one === ".") return required(oneOf(complement(lineEnds)));
    if (one === "\\") return required(oneOf(takeEscape()));
    if ("^$*+?{}|".includes(one)) throw new PatternError(`'${one}' in this place`);
    const code = one.codePointAt(0) ?? 0;
    return required(oneOf([[code, code]]));
  }

  function takeCount(): [number, number | null] | null {
    if (takeIf("*")) return [0, null];
    if (takeIf("+")) return [1, null];
    if (takeIf("?")) return [0, 1];
    const found = /^\{(\d+)(,(\d*))?\}/.exec(characters.slice(at, at + 16).join(""));
    if (!found) return null;
    at += found[0].length;
    const min = Number(found[1]);
    return [min, found[2] === undefined ? min : found[3] ? Number(found[3]) : null];
  }

  function takeTerm(): Expression {
    const atom = takeAtom();
    const count = takeCount();
    if (!count) return atom;
    takeIf("?");
    const [min, max] = count;
    if (max !== 1 && mayBeEmpty(atom)) throw new PatternError("a repeat of what may be empty");
    if (Math.max(min, max ?? 0) > MAX_REPEATS) throw new PatternError(`more than ${MAX_REPEATS} repeats`);
    return repeat(atom, min, max);
  }

  function takeSequence(): Expression {
    const items: Expression[] = [];
    while (at < characters.length && peek() !== "|" && peek() !== ")" && !isEndAnchor())
      items.push(takeTerm());
    return sequence(...items);
  }

  const isEndAnchor = () => peek() === "$" && (at + 1 === characters.length || characters[at + 1] === "|");

  function takeAlternatives(): Expression {
    const items = [takeSequence()];
    while (takeIf("|")) items.push(takeSequence());
    return choice(...items);
  }

  /** At the top an alternative without an anchor may stand in the middle of more text. */
  function takeAnchored(): Expression {
    const before = takeIf("^") ? [] : [repeat(char, 0, null)];
    const middle = takeSequence();
    const after = takeIf("$") ? [] : [repeat(char, 0, null)];
    return sequence(...before, middle, ...after);
  }

  return {
    read(): Expression {
      const items = [takeAnchored()];
      while (takeIf("|")) items.push(takeAnchored());
      if (at < characters.length) throw new PatternError("a ')' without its '('");
      const whole = choice(...items);
      if (depthOfRepeats(whole) > MAX_NESTED_REPEATS) throw new PatternError("repeats nested too deeply");
      return whole;
    },
  };
}

/** What a string between its quotes may be, by an ECMAScript pattern. Throws a `PatternError`. */
export const patternGrammar = (pattern: string): Expression => createReader(pattern).read();
