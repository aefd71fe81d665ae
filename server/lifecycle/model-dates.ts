import { Refusal } from "../../contract/errors.ts";
import type { ModelState } from "../../contract/lifecycle.ts";
import { startOf } from "./day.ts";
import { type Schedule, stateAt, tunedDates } from "./schedule.ts";

/** Where a model stands: its dates, and what follows from them at one moment. */
export type ModelDates = { readonly schedule: Schedule; readonly state: ModelState };

/** A base's dates, or those of a model tuned on it; null: none are planned, or none is announced yet. */
export function datesOf(schedule: Schedule | undefined, isTuned: boolean, now: number): ModelDates | null {
  if (!schedule) return null;
  const own = isTuned ? tunedDates(schedule) : schedule;
  const state = stateAt(own, now);
  return state === "active" ? null : { schedule: own, state };
}

/** OpenAI's answer for a model past its date, with our own page of dates in place of theirs. */
export const retired = (id: string, page: string) =>
  new Refusal("model_not_found", `The model \`${id}\` has been deprecated, learn more here: ${page}`);

const httpDate = (seconds: number) => new Date(seconds * 1000).toUTCString();

/**
 * What every answer of a deprecated model carries: `Deprecation` (RFC 9745), `Sunset` (RFC 8594) and links to the
 * successor (RFC 5829) and to the page of dates.
 */
export function deprecationHeaders(dates: ModelDates | null, page: string): Record<string, string> {
  if (!dates) return {};
  const { announcedAt, shutdownAt, successor } = dates.schedule;
  const links = [`<${page}>; rel="deprecation"; type="text/html"`];
  if (successor) links.unshift(`</v1/models/${encodeURIComponent(successor)}>; rel="successor-version"`);
  return {
    Deprecation: `@${startOf(announcedAt)}`,
    ...(shutdownAt === null ? {} : { Sunset: httpDate(startOf(shutdownAt)) }),
    Link: links.join(", "),
  };
}
