import { type Calendars, type Deprecation, VendorName } from "../../contract/deprecations.ts";
import { dayOf, isOver } from "../../deprecations/dates.ts";
import { type Markup, markup, nothing } from "./markup.ts";
import { style } from "./page-style.ts";
import { deprecationsTable } from "./page-table.ts";

type Calendar = Deprecation["vendor"];

const sections: Readonly<Record<Calendar, { readonly title: string; readonly about: string }>> = {
  own: { title: "This server", about: "Base models that end here, and until when new jobs can be created." },
  openai: {
    title: "OpenAI",
    about:
      "What ends at OpenAI, and what Perennial has instead today. It comes with this version of Perennial.",
  },
  azure: {
    title: "Azure OpenAI",
    about:
      "When models that were tuned at Azure end: first training, then inference. It comes with this version of Perennial.",
  },
};

const feedNames: Readonly<Record<Calendar, string>> = {
  own: "this server",
  openai: "OpenAI",
  azure: "Azure OpenAI",
};

const queryOf = (calendar: Calendar): string => (calendar === "own" ? "" : `?vendor=${calendar}`);

const alternates = (calendars: readonly Calendar[]): Markup[] =>
  calendars.map(
    (one) => markup`
<link rel="alternate" type="application/atom+xml" title="Deprecations of ${feedNames[one]}" href="deprecations.atom${queryOf(one)}">
<link rel="alternate" type="text/calendar" title="Deprecations of ${feedNames[one]}" href="deprecations.ics${queryOf(one)}">`,
  );

const subscribe = (calendar: Calendar): Markup => markup`<ul class="links">
<li><a href="deprecations.ics${queryOf(calendar)}">Calendar of ${feedNames[calendar]} (.ics)</a></li>
<li><a href="deprecations.atom${queryOf(calendar)}">Feed of ${feedNames[calendar]} (Atom)</a></li>
</ul>`;

function pastOf(entries: readonly Deprecation[], calendar: Calendar, now: number): Markup {
  if (entries.length === 0) return nothing;
  const caption = `Over, the latest first: ${feedNames[calendar]}`;
  const table = deprecationsTable(caption, entries.toReversed(), { isOwn: calendar === "own", now });
  return markup`<details><summary>Already over: ${entries.length}</summary>${table}</details>`;
}

function sectionOf(calendar: Calendar, all: readonly Deprecation[], now: number): Markup {
  const entries = all.filter(({ vendor }) => vendor === calendar);
  const ahead = entries.filter((entry) => !isOver(entry, now));
  const { title, about } = sections[calendar];
  const table = deprecationsTable(`Still ahead, the soonest first: ${feedNames[calendar]}`, ahead, {
    isOwn: calendar === "own",
    now,
  });
  return markup`
<section aria-labelledby="${calendar}">
<h2 id="${calendar}">${title}</h2>
<p class="quiet">${about}</p>
${subscribe(calendar)}
${ahead.length === 0 ? markup`<p>No day is ahead.</p>` : table}
${pastOf(
  entries.filter((entry) => isOver(entry, now)),
  calendar,
  now,
)}
</section>`;
}

const shownBy = (asked: Calendars): readonly Calendar[] =>
  asked === "all" ? ["own", ...VendorName.options] : [asked];

/** One page that stands alone: no script, nothing loaded. */
export function deprecationsPage(entries: readonly Deprecation[], asked: Calendars, now: number): string {
  const calendars = shownBy(asked);
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Deprecations · Perennial</title>${alternates(calendars)}
<style>${{ markup: style }}</style>
</head>
<body>
<main class="wide">
<h1>What ends when</h1>
<p class="quiet">Days are in UTC; what ends on a day ends as it begins. Today is <time datetime="${dayOf(now)}">${dayOf(now)}</time>.</p>
${calendars.map((calendar) => sectionOf(calendar, entries, now))}
</main>
</body>
</html>
`.markup;
}
