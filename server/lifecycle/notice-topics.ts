import type { NoticeWhat } from "../../contract/notices.ts";
import type { DatedEvent } from "./dated-events.ts";

/** What there is to tell of: a base's date, a stage of a policy, the end of an exception. */
export type Topic = {
  readonly what: NoticeWhat;
  readonly subject: string;
  /** Tells the stages of a policy apart, wherever they move. */
  readonly detail: string;
};

/** The topic of an event; null for a deprecation, which is told with the dates that it brings. */
export function topicOf({ what, subject, policy, stage }: DatedEvent): Topic | null {
  if (what === "deprecation") return null;
  if (!policy || !stage) return { what, subject, detail: "" };
  const who = JSON.stringify(stage.who);
  const alike = policy.stages.filter((one) => JSON.stringify(one.who) === who);
  const index = alike.findIndex(({ date }) => date === stage.date);
  return { what, subject, detail: index === 0 ? who : `${who} ${index + 1}` };
}

export const topicKey = ({ what, subject, detail }: Topic): string => `${what} ${subject} ${detail}`;
