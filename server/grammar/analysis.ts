import type { Expression, Rules } from "./expression.ts";

/** The rules that are named in it. */
function rulesIn(expression: Expression): string[] {
  switch (expression.kind) {
    case "text":
    case "character":
      return [];
    case "rule":
      return [expression.name];
    case "repeat":
      return rulesIn(expression.item);
    case "sequence":
    case "choice":
      return expression.items.flatMap(rulesIn);
  }
}

function usersOf(rules: Rules): ReadonlyMap<string, ReadonlySet<string>> {
  const users = new Map<string, Set<string>>();
  for (const [name, expression] of rules) {
    for (const used of rulesIn(expression)) users.set(used, (users.get(used) ?? new Set()).add(name));
  }
  return users;
}

/** Grows a set by the rules for which `holds` until nothing changes; looks again only at those that use a new one. */
function grow(rules: Rules, holds: (expression: Expression, known: ReadonlySet<string>) => boolean) {
  const users = usersOf(rules);
  const known = new Set<string>();
  const waiting = [...rules.keys()];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const expression = rules.get(name);
    if (known.has(name) || !expression || !holds(expression, known)) continue;
    known.add(name);
    waiting.push(...(users.get(name) ?? []));
  }
  return known;
}

/** Whether it can be written to its end in finitely many characters. */
function ends(expression: Expression, known: ReadonlySet<string>): boolean {
  switch (expression.kind) {
    case "text":
    case "character":
      return true;
    case "rule":
      return known.has(expression.name);
    case "sequence":
      return expression.items.every((item) => ends(item, known));
    case "choice":
      return expression.items.some((item) => ends(item, known));
    case "repeat":
      return expression.min === 0 || ends(expression.item, known);
  }
}

/** Whether nothing at all may stand for it, where that is so for the rules `known`. */
export function mayBeEmpty(expression: Expression, known: ReadonlySet<string> = new Set()): boolean {
  switch (expression.kind) {
    case "text":
      return expression.text === "";
    case "character":
      return false;
    case "rule":
      return known.has(expression.name);
    case "sequence":
      return expression.items.every((item) => mayBeEmpty(item, known));
    case "choice":
      return expression.items.some((item) => mayBeEmpty(item, known));
    case "repeat":
      return expression.min === 0 || mayBeEmpty(expression.item, known);
  }
}

/** The rules that may stand at its very beginning. */
function firstRules(expression: Expression, empty: ReadonlySet<string>): string[] {
  switch (expression.kind) {
    case "text":
    case "character":
      return [];
    case "rule":
      return [expression.name];
    case "choice":
      return expression.items.flatMap((item) => firstRules(item, empty));
    case "repeat":
      return firstRules(expression.item, empty);
    case "sequence": {
      const end = expression.items.findIndex((item) => !mayBeEmpty(item, empty));
      const leading = end < 0 ? expression.items : expression.items.slice(0, end + 1);
      return leading.flatMap((item) => firstRules(item, empty));
    }
  }
}

/** Whether what begins with `root` can end at all. */
export const canEnd = (rules: Rules): boolean => grow(rules, ends).has("root");

/** Whether a rule begins with itself, which no reader from left to right gets out of. */
export function beginsWithItself(rules: Rules): boolean {
  const empty = grow(rules, mayBeEmpty);
  const first = new Map(
    Array.from(rules, ([name, expression]) => [name, new Set(firstRules(expression, empty))]),
  );
  // Rules that nothing begins with are taken away, one after the other; those of a circle never are.
  const counts = new Map(Array.from(rules.keys(), (name) => [name, 0]));
  const add = (name: string, change: number) => {
    const count = (counts.get(name) ?? 0) + change;
    counts.set(name, count);
    return count;
  };
  for (const names of first.values()) for (const name of names) add(name, 1);
  const free = [...counts].filter(([, count]) => count === 0).map(([name]) => name);
  let taken = 0;
  for (let name = free.pop(); name !== undefined; name = free.pop()) {
    taken += 1;
    for (const next of first.get(name) ?? []) if (add(next, -1) === 0) free.push(next);
  }
  return taken < counts.size;
}
