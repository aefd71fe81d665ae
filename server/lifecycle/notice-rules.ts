import type { NoticeKind } from "../../contract/notices.ts";
import type { Project } from "./census.ts";
import type { DatedEvent } from "./dated-events.ts";
import { DAY_SECONDS, startOf } from "./day.ts";
import type { Prospect } from "./notice-prospects.ts";
import { ANNOUNCED, COME, lapseStepAt, stepAt } from "./notice-steps.ts";
import { type Topic, topicKey, topicOf } from "./notice-topics.ts";
import { exceptionFor } from "./stages.ts";

/** The last notice that a project got of a topic: what it goes by. */
export type Told = Topic & {
  readonly seq: number;
  readonly projectId: string;
  readonly organizationId: string;
  readonly kind: NoticeKind;
  /** When it hits the project, and the event's own date. */
  readonly date: string;
  readonly eventDate: string;
  readonly step: number;
};

/** A notice that is to be told. */
export type DueNotice = {
  readonly kind: NoticeKind;
  readonly topic: Topic;
  readonly project: Pick<Project, "id" | "organizationId">;
  /** null: there is nothing of it any more. */
  readonly event: DatedEvent | null;
  readonly date: string;
  readonly eventDate: string;
  readonly previousDate: string | null;
  readonly step: number;
  readonly told: Told | null;
};

/** Events whose date had come when a change brought them: they are told although they are past. */
export type Fresh = (event: DatedEvent) => boolean;

const stepOf = ({ date, lapseDays }: Prospect, now: number) =>
  lapseDays === null ? stepAt(date, now) : lapseStepAt(date, lapseDays, now);

const isHidden = ({ event }: Prospect, now: number) =>
  event.schedule !== null && startOf(event.schedule.announcedAt) > now;

function ofProspect(prospect: Prospect, told: Told | null, kind: NoticeKind): Omit<DueNotice, "step"> {
  const { topic, event, project, date } = prospect;
  return { kind, topic, project, event, date, eventDate: event.date, previousDate: null, told };
}

/** The next notice of a date that stands as it was told, or was not told yet. */
export function noticeOfProspect(
  prospect: Prospect,
  told: Told | null,
  { now, isFresh }: { now: number; isFresh: Fresh },
): DueNotice | null {
  if (isHidden(prospect, now)) return null;
  const step = stepOf(prospect, now);
  const known = told !== null && told.kind !== "withdrawn" && told.eventDate === prospect.event.date;
  const isTold = known && (step === COME || step <= (told.date === prospect.date ? told.step : ANNOUNCED));
  if (isTold || (step === COME && !isFresh(prospect.event))) return null;
  // What every use puts off is news only once it is near.
  if (prospect.lapseDays !== null && step === ANNOUNCED) return null;
  return { ...ofProspect(prospect, told, known ? "reminder" : "announcement"), step };
}

/** A date that came a while ago is history: nobody waits to hear that it has been taken back. */
const HISTORY_SECONDS = 30 * DAY_SECONDS;

/** Whether a project goes by a date that it was told of. */
export const isOpen = ({ kind, date }: Told, now: number): boolean =>
  kind !== "withdrawn" && startOf(date) + HISTORY_SECONDS > now;

/** Where a topic stands for a project now. `date` null: nowhere; then `event` is another one of its policy, if that stands. */
type Current = { readonly event: DatedEvent | null; readonly date: string | null };

/** What tells those who were told of a date that it is another one, or none. */
export function noticeOfChange(
  told: Told,
  current: Current,
  { prospect, now }: { prospect: Prospect | null; now: number },
): DueNotice | null {
  if (!isOpen(told, now) || current.date === told.eventDate) return null;
  const { what, subject, detail, projectId: id, organizationId } = told;
  const due = { topic: { what, subject, detail }, project: { id, organizationId }, told };
  const { event, date: eventDate } = current;
  if (eventDate === null) {
    const { date, step } = told;
    return { ...due, kind: "withdrawn", event, date, eventDate: told.eventDate, step, previousDate: null };
  }
  const date = prospect?.event.date === eventDate ? prospect.date : eventDate;
  const moved = { kind: "moved", event, date, eventDate } as const;
  return { ...due, ...moved, previousDate: told.date, step: stepAt(date, now) };
}

const keyOf = (topic: Topic, projectId: string) => `${projectId} ${topicKey(topic)}`;

/** Looks up where a topic stands; an exception ends on the project's own date. */
function currentIn(events: readonly DatedEvent[]): (told: Told) => Current {
  const byTopic = new Map<string, DatedEvent>();
  const byPolicy = new Map<string, DatedEvent>();
  for (const event of events) {
    const topic = topicOf(event);
    if (topic) byTopic.set(topicKey(topic), event);
    if (event.policy) byPolicy.set(event.subject, event);
  }
  return (told) => {
    const rest = byPolicy.get(told.subject) ?? null;
    if (told.what === "exception_end") {
      const until = exceptionFor(rest?.policy?.exceptions ?? [], told)?.until ?? null;
      return { event: rest, date: until };
    }
    const event = byTopic.get(topicKey(told));
    return event ? { event, date: event.date } : { event: rest, date: null };
  };
}

type Known = {
  readonly events: readonly DatedEvent[];
  readonly prospects: readonly Prospect[];
  /** The last notice of each project and topic. */
  readonly told: readonly Told[];
  readonly now: number;
  readonly isFresh: Fresh;
};

/**
 * What is to be told now, at most one notice a project and topic: of reminders that were missed only the last, so a
 * server that was away sends no pile.
 */
export function dueNotices({ events, prospects, told, now, isFresh }: Known): DueNotice[] {
  const current = currentIn(events);
  const hit = new Map(prospects.map((one) => [keyOf(one.topic, one.project.id), one]));
  const last = new Map(told.map((one) => [keyOf(one, one.projectId), one]));
  const changed = new Map<string, DueNotice>();
  for (const [key, one] of last) {
    const notice = noticeOfChange(one, current(one), { prospect: hit.get(key) ?? null, now });
    if (notice) changed.set(key, notice);
  }
  const more = [...hit].flatMap(([key, prospect]) => {
    if (changed.has(key)) return [];
    const notice = noticeOfProspect(prospect, last.get(key) ?? null, { now, isFresh });
    return notice ? [notice] : [];
  });
  return [...changed.values(), ...more];
}
