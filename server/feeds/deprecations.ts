import {
  type Calendars,
  Deprecation,
  type ListDeprecations,
  VendorName,
} from "../../contract/deprecations.ts";
import { byEnd, isWithin, stateOf } from "../../deprecations/dates.ts";
import type { VendorCalendar } from "../../deprecations/read-calendar.ts";
import type { Clock } from "../platform/clock.ts";

/** One of this installation's own dates. Anybody may read it: no project, no key and no tuned model in it. */
export type OwnDeprecation = Pick<
  Deprecation,
  "id" | "kind" | "subject" | "announced_at" | "dates" | "successor" | "message" | "updated_at"
>;

export type ListOwn = () => Promise<readonly OwnDeprecation[]>;

type Needs = {
  readonly listOwn: ListOwn;
  readonly vendorCalendar: VendorCalendar;
  /** Where people read about the own dates. */
  readonly page: string;
  readonly now: Clock;
};

/** An entry's place on the page; half of a surrogate pair has no place in a URL. */
export const anchorOf = (id: string): string => encodeURIComponent(id.toWellFormed());

const isTunedName = (name: string | null): boolean => name?.startsWith("ft:") ?? false;

function completeOwn(own: OwnDeprecation, page: string, now: number): Deprecation {
  const named = own.kind === "tuned_models" ? { tuned_from: [own.subject] } : { names: [own.subject] };
  return Deprecation.parse({
    ...own,
    object: "deprecation",
    vendor: "own",
    state: stateOf(own, now),
    earlier_dates: [],
    matches: own.kind === "training" ? {} : named,
    successor: isTunedName(own.successor) ? null : own.successor,
    perennial: null,
    certainty: null,
    source: null,
    url: `${page}#${anchorOf(own.id)}`,
  });
}

const vendorsOf = (calendars: Calendars): readonly VendorName[] => {
  if (calendars === "own") return [];
  return calendars === "all" ? VendorName.options : [calendars];
};

/** What ends when: here, and at the vendors that people come from. */
export function createDeprecations({ listOwn, vendorCalendar, page, now }: Needs) {
  async function own(calendars: Calendars): Promise<Deprecation[]> {
    if (calendars !== "own" && calendars !== "all") return [];
    const entries = (await listOwn()).filter(({ subject }) => !isTunedName(subject));
    return entries.map((entry) => completeOwn(entry, page, now()));
  }

  return {
    /** By day. */
    async list({ vendor, after, before }: ListDeprecations): Promise<Deprecation[]> {
      const all = [...(await own(vendor)), ...vendorCalendar(vendorsOf(vendor), now())];
      return all.filter((entry) => isWithin(entry, after, before)).sort(byEnd);
    },
  };
}
export type Deprecations = ReturnType<typeof createDeprecations>;
