import type { Deprecation } from "../../../contract/deprecations.ts";

/** The next day of an entry that lies ahead, otherwise its last. */
export const nextDay = ({ dates }: Deprecation, today: string): string =>
  (dates.find(({ date }) => date > today) ?? dates.at(-1))?.date ?? "";

export const isOver = (entry: Deprecation, today: string): boolean => nextDay(entry, today) <= today;

const textOf = ({ subject, successor, message, matches }: Deprecation): string =>
  [
    subject,
    successor,
    message,
    ...matches.names,
    ...matches.aliases,
    ...matches.tuned_from,
    ...matches.endpoints,
  ]
    .join(" ")
    .toLowerCase();

/** Every word somewhere in an entry's names and message. */
export function found(
  entries: readonly Deprecation[],
  asked: { text: string; withOver: boolean; today: string },
) {
  const words = asked.text.toLowerCase().split(/\s+/);
  return entries
    .filter((entry) => asked.withOver || !isOver(entry, asked.today))
    .filter((entry) => words.every((word) => textOf(entry).includes(word)))
    .toSorted((a, b) => nextDay(a, asked.today).localeCompare(nextDay(b, asked.today)));
}
