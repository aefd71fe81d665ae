import type { Deprecation, DeprecationDate } from "../../contract/deprecations.ts";
import { daysLeft } from "../../deprecations/dates.ts";
import { leftWords, whatWords } from "../../deprecations/words.ts";
import { anchorOf } from "./deprecations.ts";
import { type Markup, markup, nothing } from "./markup.ts";

/** Entries that say the same of several names, in one row. */
type Group = { readonly first: Deprecation; readonly entries: readonly Deprecation[] };

type Column = { readonly title: string; readonly of: (group: Group, now: number) => Markup };

const SOON_DAYS = 30;
const NEAR_DAYS = 90;

function groupsOf(entries: readonly Deprecation[]): Group[] {
  const groups = Map.groupBy(entries, ({ announced_at, dates, earlier_dates, successor, ...said }) =>
    JSON.stringify([
      announced_at,
      dates,
      earlier_dates,
      successor,
      said.message,
      said.perennial,
      said.certainty,
    ]),
  );
  return [...groups.values()].flatMap((alike) => {
    const [first] = alike;
    return first ? [{ first, entries: alike }] : [];
  });
}

function urgencyOf(day: string, now: number): string {
  const left = daysLeft(day, now);
  if (left <= 0) return "left";
  if (left <= SOON_DAYS) return "left soon";
  return left <= NEAR_DAYS ? "left near" : "left";
}

const dateLine = (date: DeprecationDate, now: number): Markup => markup`
<p>${timeOf(date.date)} ${whatWords(date)}<br><span class="${urgencyOf(date.date, now)}">${leftWords(date.date, now)}</span></p>`;

const earlierLine = ({ first }: Group): Markup => {
  if (first.earlier_dates.length === 0) return nothing;
  const said = first.earlier_dates.map(({ date, as_of }) => `${date} (as of ${as_of})`).join(", ");
  return markup`<p class="quiet">Before: ${said}</p>`;
};

const textCell = (text: string | null): Markup => (text === null ? nothing : markup`${text}`);

const nameLine = ({ id, subject, matches }: Deprecation): Markup => {
  const also = matches.aliases.length === 0 ? nothing : markup` <small>${matches.aliases.join(", ")}</small>`;
  return markup`<span id="${anchorOf(id)}">${subject}${also}</span>`;
};

const timeOf = (day: string | null): Markup =>
  day === null ? nothing : markup`<time datetime="${day}">${day}</time>`;

const subjects = ({ entries }: Group): Markup =>
  markup`<th scope="row" role="rowheader">${entries.map(nameLine)}</th>`;

const columns = {
  days: {
    title: "When",
    of: (group, now) => markup`${group.first.dates.map((date) => dateLine(date, now))}${earlierLine(group)}`,
  },
  announced: { title: "Announced", of: ({ first }) => timeOf(first.announced_at) },
  successor: { title: "Replacement", of: ({ first }) => textCell(first.successor) },
  message: { title: "Why", of: ({ first }) => textCell(first.message) },
  perennial: {
    title: "Perennial offers",
    of: ({ first }) =>
      markup`<p>${first.perennial}</p>${first.message === null ? nothing : markup`<p class="quiet">${first.message}</p>`}${
        first.certainty === "secondary" ? markup`<p class="quiet">From secondary sources.</p>` : nothing
      }`,
  },
} as const satisfies Record<string, Column>;

const ownColumns: readonly Column[] = [columns.days, columns.successor, columns.message];
const vendorColumns: readonly Column[] = [
  columns.days,
  columns.announced,
  columns.successor,
  columns.perennial,
];

function cell(column: Column, group: Group, now: number): Markup {
  const inside = column.of(group, now);
  const kinds = [column === columns.days ? "days" : "", inside.markup === "" ? "empty" : ""];
  return markup`<td role="cell" class="${kinds.join(" ").trim()}" data-label="${column.title}">${inside}</td>`;
}

// Where the rows are shown as cards browsers forget that they are a table: the roles say it again.
export function deprecationsTable(
  caption: string,
  entries: readonly Deprecation[],
  { isOwn, now }: { readonly isOwn: boolean; readonly now: number },
): Markup {
  const shown = isOwn ? ownColumns : vendorColumns;
  const head = ["What", ...shown.map(({ title }) => title)];
  return markup`<table role="table">
<caption>${caption}</caption>
<thead role="rowgroup"><tr role="row">${head.map((title) => markup`<th scope="col" role="columnheader">${title}</th>`)}</tr></thead>
<tbody role="rowgroup">${groupsOf(entries).map(
    (group) => markup`
<tr role="row">${subjects(group)}${shown.map((column) => cell(column, group, now))}</tr>`,
  )}
</tbody>
</table>`;
}
