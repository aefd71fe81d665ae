import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import {
  Deprecation,
  DeprecationMatches,
  type VendorEntry,
  VendorName,
  type VendorNotice,
  VendorPack,
} from "../contract/deprecations.ts";
import { byEnd, startOf, stateOf } from "./dates.ts";

type Entry = Exclude<VendorEntry, string>;

const idOf = ({ id, subject }: Entry): string => id ?? subject.toLowerCase().replace(/[^a-z0-9.]+/g, "-");

const pathOf = (vendor: VendorName): string => join(import.meta.dirname, "packs", `${vendor}.yaml`);

export const readPack = (vendor: VendorName): VendorPack =>
  VendorPack.parse(parse(readFileSync(pathOf(vendor), "utf8")));

function matchesOf(entry: Entry): DeprecationMatches {
  const matches = DeprecationMatches.parse(entry);
  const isNamed = matches.names.length > 0 || matches.patterns.length > 0;
  const isModel = (entry.kind ?? "model") === "model";
  return isModel && !isNamed ? { ...matches, names: [entry.subject] } : matches;
}

function datesOf(entry: Entry, { shutdown }: VendorNotice) {
  const dates = entry.dates ?? (shutdown ? [{ what: "shutdown" as const, date: shutdown, note: null }] : []);
  return [...dates].sort((one, other) => one.date.localeCompare(other.date));
}

const sourceOf = ({ name, as_of }: VendorPack, notice: VendorNotice, given: string | undefined): string => {
  const which = notice.announced === null ? "" : `, notice of ${notice.announced}`;
  return given ?? `${name}'s deprecations page${which}, as of ${as_of}`;
};

/** What the entry says by itself comes before what its notice says. */
function readEntry(given: VendorEntry, notice: VendorNotice, pack: VendorPack): Deprecation {
  const entry: Entry = typeof given === "string" ? { subject: given } : given;
  const says = { ...notice, ...entry };
  const perennial = pack.perennial[says.perennial];
  if (perennial === undefined) throw new Error(`${pathOf(pack.vendor)}: no sentence '${says.perennial}'.`);
  const kind = entry.kind ?? "model";
  const dates = datesOf(entry, notice);
  return Deprecation.parse({
    id: `${pack.vendor}:${idOf(entry)}`,
    object: "deprecation",
    vendor: pack.vendor,
    kind,
    subject: entry.subject,
    state: "announced",
    announced_at: notice.announced,
    dates,
    earlier_dates: entry.earlier_dates ?? [],
    matches: matchesOf(entry),
    successor: says.replacement,
    message: says.message ?? null,
    perennial,
    certainty: says.certainty,
    source: sourceOf(pack, notice, says.source),
    url: pack.url,
    updated_at: startOf(says.changed ?? notice.announced ?? pack.as_of),
  });
}

export const entriesOf = (pack: VendorPack): Deprecation[] =>
  pack.notices.flatMap((notice) => notice.entries.map((entry) => readEntry(entry, notice, pack))).sort(byEnd);

/** The vendors' calendars that come with this version, by day; states as of `now`. */
export function createVendorCalendar() {
  const read = new Map<VendorName, readonly Deprecation[]>();
  const all = (vendor: VendorName): readonly Deprecation[] => {
    const entries = read.get(vendor) ?? entriesOf(readPack(vendor));
    read.set(vendor, entries);
    return entries;
  };
  return (vendors: readonly VendorName[], now: number): Deprecation[] =>
    vendors
      .flatMap(all)
      .map((entry) => ({ ...entry, state: stateOf(entry, now) }))
      .sort(byEnd);
}
export type VendorCalendar = ReturnType<typeof createVendorCalendar>;

export const everyVendor: readonly VendorName[] = VendorName.options;
