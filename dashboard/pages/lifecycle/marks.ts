import type { Deprecation } from "../../../contract/deprecations.ts";
import type { DateKind, Hit, PlannedDate, Who } from "../../../contract/lifecycle.ts";
import { dayOf } from "./day.ts";

/** Something that happens on a day, as the time line shows it. */
export type Mark = {
  readonly date: string;
  readonly what: DateKind;
  /** The base model, or the policy. */
  readonly subject: string;
  readonly who: Who | null;
  readonly note: string | null;
  /** null: only the operator may know. */
  readonly hit: Hit | null;
};

export const marksOfPlan = (dates: readonly PlannedDate[]): Mark[] =>
  dates.map(({ date, what, subject, who, hit }) => ({ date, what, subject, who, hit, note: null }));

const kindOf = (entry: Deprecation, what: Deprecation["dates"][number]["what"]): DateKind => {
  if (entry.kind === "training") return "policy_stage";
  if (what === "training_ends" || what === "read_only") return "training_end";
  if (what === "tuned_shutdown") return "tuned_models_shutdown";
  return what === "stage" ? "policy_stage" : "shutdown";
};

const isDay = (text: string | null): text is string => text !== null && /^\d{4}-\d{2}-\d{2}$/.test(text);

function marksOfEntry(entry: Deprecation): Mark[] {
  const about = { subject: entry.subject, who: null, hit: null };
  const { announced_at: announced, dates } = entry;
  const first: Mark[] = isDay(announced)
    ? [{ ...about, date: announced, what: "deprecation", note: null }]
    : [];
  return [
    ...first,
    ...dates.map(({ date, what, note }) => ({ ...about, date, what: kindOf(entry, what), note })),
  ];
}

/** Of this installation's own calendar, which every key may read. */
export const marksOfCalendar = (entries: readonly Deprecation[]): Mark[] =>
  entries.flatMap(marksOfEntry).toSorted((a, b) => a.date.localeCompare(b.date));

export type Span = { readonly from: number; readonly to: number };
const DAY_MS = 86_400_000;
const timeOf = (day: string) => Date.parse(`${day}T00:00:00Z`);

/** From the first to the last of the days and today, with some room on both sides. */
export function spanOf(days: readonly string[], now: number): Span {
  const times = [now, ...days.map(timeOf)];
  const [from, to] = [Math.min(...times), Math.max(...times)];
  const room = Math.max(7 * DAY_MS, (to - from) * 0.07);
  return { from: from - room, to: to + room };
}

/** Of 100. */
export const placeOf = (time: number, { from, to }: Span): number => ((time - from) / (to - from)) * 100;
export const dayPlace = (day: string, span: Span): number => placeOf(timeOf(day), span);

const STEPS = [1, 2, 3, 6, 12, 24, 60, 120, 240];
const MOST_TICKS = 6;

/** First days of months, as few as can be read: `["2027-01-01", "2027-04-01"]`. */
export function ticksOf({ from, to }: Span): string[] {
  const months = (to - from) / (30.44 * DAY_MS);
  const step = STEPS.find((one) => months / one <= MOST_TICKS) ?? 600;
  const first = new Date(from);
  const start = first.getUTCFullYear() * 12 + first.getUTCMonth() + 1;
  const days: string[] = [];
  for (let month = Math.ceil(start / step) * step; ; month += step) {
    const time = Date.UTC(Math.floor(month / 12), month % 12, 1);
    if (time > to) return days;
    days.push(dayOf(time));
  }
}

export type Row = { readonly subject: string; readonly marks: readonly Mark[] };

/** A row for each model and policy, the one whose next day comes first on top. */
export function rowsOf(marks: readonly Mark[]): Row[] {
  const rows = Map.groupBy(marks, ({ subject }) => subject);
  return [...rows].map(([subject, own]) => ({ subject, marks: own }));
}

/** What a model's or a policy's line looks like from a day to its next one. */
export type Stretch = {
  readonly from: number;
  readonly to: number;
  readonly look: "open" | "closing" | "closed";
};

const looks: Readonly<Record<DateKind, Stretch["look"]>> = {
  deprecation: "closing",
  policy_stage: "closing",
  training_end: "closing",
  exception_end: "closing",
  shutdown: "closed",
  tuned_models_shutdown: "closed",
};
const order: readonly Stretch["look"][] = ["open", "closing", "closed"];
const closes = (mark: Mark) =>
  mark.who === "everyone" || mark.note === "for everyone" ? "closed" : looks[mark.what];

/** The whole line in pieces; it never opens again. */
export function stretchesOf(marks: readonly Mark[], span: Span): Stretch[] {
  let look: Stretch["look"] = "open";
  let from = 0;
  const pieces: Stretch[] = [];
  for (const mark of marks) {
    const to = dayPlace(mark.date, span);
    if (to > from) pieces.push({ from, to, look });
    const next = closes(mark);
    if (order.indexOf(next) > order.indexOf(look)) look = next;
    from = Math.max(from, to);
  }
  return [...pieces, { from, to: 100, look }];
}
