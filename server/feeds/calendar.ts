import ical from "ical-generator";
import type { Deprecation, DeprecationDate } from "../../contract/deprecations.ts";
import { whatWords } from "../../deprecations/words.ts";
import type { Feed } from "./atom.ts";
import { anchorOf } from "./deprecations.ts";
import { plain } from "./markup.ts";

const HALF_A_DAY_SECONDS = 12 * 60 * 60;

function descriptionOf({ message, successor, perennial, source }: Deprecation): string {
  const lines = [
    message,
    successor && `Replacement: ${successor}`,
    perennial && `Perennial: ${perennial}`,
    source,
  ];
  return plain(lines.filter((line) => line !== null && line !== "").join("\n"));
}

/** The same for as long as the entry has a date of this kind, so that a date that moves moves in calendars. */
function uidOf({ id, dates }: Deprecation, date: DeprecationDate, { authority }: Feed): string {
  const place = dates.filter(({ what }) => what === date.what).indexOf(date);
  return `${anchorOf(id)}/${date.what}${place > 0 ? `-${place + 1}` : ""}@${authority}`;
}

/** A calendar holds at least one component (RFC 5545, 3.6); some readers refuse one that holds none. */
const orTimezone = (text: string): string => {
  if (text.includes("BEGIN:VEVENT")) return text;
  const standard = ["BEGIN:STANDARD", "DTSTART:19700101T000000", "TZOFFSETFROM:+0000", "TZOFFSETTO:+0000"];
  const timezone = ["BEGIN:VTIMEZONE", "TZID:UTC", ...standard, "END:STANDARD", "END:VTIMEZONE"];
  return text.replace("END:VCALENDAR", `${timezone.join("\r\n")}\r\nEND:VCALENDAR`);
};

/** RFC 5545: an event of a whole day for each date. */
export function icsCalendar(entries: readonly Deprecation[], feed: Feed): string {
  const calendar = ical({
    name: feed.title,
    prodId: { company: "Perennial", product: "Deprecations", language: "EN" },
    url: feed.self,
    ttl: HALF_A_DAY_SECONDS,
  });
  for (const entry of entries) {
    for (const date of entry.dates) {
      calendar.createEvent({
        id: uidOf(entry, date, feed),
        start: new Date(`${date.date}T00:00:00Z`),
        timezone: "UTC",
        allDay: true,
        stamp: new Date(entry.updated_at * 1000),
        summary: plain(`${entry.subject}: ${whatWords(date)}`),
        description: descriptionOf(entry),
        url: `${feed.page}#${anchorOf(entry.id)}`,
      });
    }
  }
  return orTimezone(calendar.toString());
}
