import type { Deprecation } from "../contract/deprecations.ts";
import { endOf, startOf, tunedEndOf } from "./dates.ts";

/** How a name led to its entry. */
export type MatchedBy = "name" | "alias" | "snapshot" | "pattern" | "tuned" | "base";

export type Match = {
  readonly deprecation: Deprecation;
  readonly by: MatchedBy;
  /** The day on which calls of the name end. */
  readonly ends: string;
  /** Other days that the calendar has for the name, such as one that was put off. */
  readonly other_days: readonly string[];
};

const exactness = { name: 4, alias: 3, snapshot: 2, pattern: 1 } as const;
type ByName = keyof typeof exactness;
type Found = { readonly entry: Deprecation; readonly by: MatchedBy; readonly exactness: number };

const DATED = /-\d{4}-\d{2}-\d{2}$/;

/** Routers write the provider before the name; case differs in hand-made lists. */
const normal = (name: string): string =>
  name
    .trim()
    .toLowerCase()
    .replace(/^(openai|azure)\//, "");

/** The base in `ft:<base>:<organization>:…` of OpenAI and `<base>.ft-<id>…` of Azure; null for any other name. */
export function tunedBaseOf(name: string): string | null {
  const [, openai, azure] = /^ft:([^:]+)(?::|$)|^(.+?)\.ft-[0-9a-z]/.exec(normal(name)) ?? [];
  return openai ?? azure ?? null;
}

/** `*` stands for any text; everything else for itself. Two pointers, so no pattern makes it slow. */
export function fitsPattern(name: string, pattern: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  if (rest.length === 0) return name === pattern;
  if (!name.startsWith(first)) return false;
  const last = rest.pop() ?? "";
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}

const holds = (names: readonly string[], name: string): boolean =>
  names.some((one) => one.toLowerCase() === name);

const isSnapshotOf = (name: string, names: readonly string[]): boolean =>
  DATED.test(name) && holds(names, name.replace(DATED, ""));

function howNamed(name: string, { matches }: Deprecation): ByName | null {
  if (holds(matches.names, name)) return "name";
  if (holds(matches.aliases, name)) return "alias";
  if (isSnapshotOf(name, matches.names)) return "snapshot";
  return matches.patterns.some((pattern) => fitsPattern(name, pattern)) ? "pattern" : null;
}

const findNamed = (name: string, entries: readonly Deprecation[]): Found[] =>
  entries.flatMap((entry) => {
    const by = howNamed(name, entry);
    return by === null ? [] : [{ entry, by, exactness: exactness[by] }];
  });

function findTuned(base: string, entries: readonly Deprecation[]): Found[] {
  const own = entries.flatMap((entry): Found[] => {
    const { tuned_from: bases } = entry.matches;
    if (holds(bases, base)) return [{ entry, by: "tuned", exactness: exactness.name }];
    return isSnapshotOf(base, bases) ? [{ entry, by: "tuned", exactness: exactness.snapshot }] : [];
  });
  if (own.length > 0) return own;
  return findNamed(base, entries).map((found) => ({ ...found, by: "base" }));
}

const longestPattern = ({ entry }: Found): number =>
  Math.max(0, ...entry.matches.patterns.map((pattern) => pattern.length));

const announced = ({ entry }: Found): number => (entry.announced_at ? startOf(entry.announced_at) : 0);

/** The most exact first; of two that are alike what was announced last, since days are put off. */
const byWorth = (one: Found, other: Found): number =>
  other.exactness - one.exactness ||
  Number(one.entry.matches.is_unsure) - Number(other.entry.matches.is_unsure) ||
  longestPattern(other) - longestPattern(one) ||
  announced(other) - announced(one) ||
  endOf(one.entry).localeCompare(endOf(other.entry));

/** When calls of a model by this name end, as far as the calendar says; null: it names no day. */
export function findDeprecation(given: string, entries: readonly Deprecation[]): Match | null {
  const name = normal(given);
  const base = tunedBaseOf(name);
  const found = (base === null ? findNamed(name, entries) : findTuned(base, entries)).sort(byWorth);
  const [best] = found;
  if (!best) return null;
  const dayOf = ({ entry }: Found) => (base === null ? endOf(entry) : tunedEndOf(entry));
  const ends = dayOf(best);
  const others = new Set(found.map(dayOf).filter((day) => day !== ends));
  return { deprecation: best.entry, by: best.by, ends, other_days: [...others].sort() };
}
