import type { Deprecation } from "../../contract/deprecations.ts";
import { whatWords } from "../../deprecations/words.ts";
import { anchorOf } from "./deprecations.ts";
import { type Markup, markup, nothing } from "./markup.ts";

export type Feed = {
  readonly title: string;
  /** Of this installation: it makes ids that no other one makes. */
  readonly authority: string;
  /** The feed's own address, and that of the page. */
  readonly self: string;
  readonly page: string;
  readonly name: string;
};

const YEAR_OF_IDS = 2026;

const time = (seconds: number): string => new Date(seconds * 1000).toISOString().replace(".000Z", "Z");

/** RFC 4151; an entry keeps its id when its dates move. */
const tagOf = ({ authority }: Feed, id: string): string =>
  `tag:${authority},${YEAR_OF_IDS}:deprecations/${anchorOf(id)}`;

const titleOf = ({ subject, dates }: Deprecation): string =>
  `${subject}: ${dates.map((date) => `${whatWords(date)} on ${date.date}`).join(", ")}`;

function summaryOf({ successor, message, perennial, source }: Deprecation): string {
  const said = [
    message,
    successor && `Replacement: ${successor}.`,
    perennial && `Perennial: ${perennial}`,
    source && `Source: ${source}.`,
  ];
  return said.filter((one) => one !== null && one !== "").join(" ");
}

const publishedOf = ({ announced_at: day }: Deprecation): Markup =>
  day?.length === 10 ? markup`\n    <published>${day}T00:00:00Z</published>` : nothing;

const entryOf = (entry: Deprecation, feed: Feed): Markup => markup`
  <entry>
    <id>${tagOf(feed, entry.id)}</id>
    <title>${titleOf(entry)}</title>
    <updated>${time(entry.updated_at)}</updated>${publishedOf(entry)}
    <link rel="alternate" href="${feed.page}#${anchorOf(entry.id)}"/>
    <category term="${entry.kind}"/>
    <summary>${summaryOf(entry)}</summary>
  </entry>`;

/** RFC 4287: what was announced or changed last comes first. */
export function atomFeed(entries: readonly Deprecation[], feed: Feed): string {
  const newest = [...entries].sort((one, other) => other.updated_at - one.updated_at);
  const updated = newest[0]?.updated_at ?? Date.UTC(YEAR_OF_IDS) / 1000;
  return markup`<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
  <id>${tagOf(feed, feed.name)}</id>
  <title>${feed.title}</title>
  <updated>${time(updated)}</updated>
  <author><name>Perennial</name></author>
  <generator>Perennial</generator>
  <link rel="self" type="application/atom+xml" href="${feed.self}"/>
  <link rel="alternate" type="text/html" href="${feed.page}"/>${newest.map((entry) => entryOf(entry, feed))}
</feed>
`.markup;
}
