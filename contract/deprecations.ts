import { z } from "zod";
import { Day } from "./lifecycle.ts";

/** A day, or where no more is known a month or a year. */
export const RoughDay = z.union([
  Day,
  z.string().regex(/^\d{4}(-(0[1-9]|1[0-2]))?$/, "expected a date such as 2027-01-14, 2027-01 or 2027"),
]);

export const DeprecationKind = z.enum(["model", "tuned_models", "endpoint", "feature", "training"]);
export type DeprecationKind = z.infer<typeof DeprecationKind>;

export const DeprecationState = z.enum(["announced", "read_only", "training_closed", "retired"]);
export type DeprecationState = z.infer<typeof DeprecationState>;

export const DeprecationDate = z.object({
  /** `tuned_shutdown` is that of models tuned from this one; `stage` is any other step, told in the note. */
  what: z.enum(["training_ends", "read_only", "stage", "shutdown", "tuned_shutdown"]),
  date: Day,
  note: z.string().nullable().default(null),
});
export type DeprecationDate = z.infer<typeof DeprecationDate>;

/** Which names mean this entry. */
export const DeprecationMatches = z.object({
  names: z.array(z.string()).default([]),
  /** Names that point at the model. */
  aliases: z.array(z.string()).default([]),
  /** Names with `*` for any text. */
  patterns: z.array(z.string()).default([]),
  /** Bases whose tuned models, `ft:<base>:…`, this is about. */
  tuned_from: z.array(z.string()).default([]),
  endpoints: z.array(z.string()).default([]),
  /** The source abbreviates, so it may mean other names than these. */
  is_unsure: z.boolean().default(false),
});
export type DeprecationMatches = z.infer<typeof DeprecationMatches>;

/** What the source said before, and when it still said so. */
export const EarlierDate = z.object({ what: DeprecationDate.shape.what, date: Day, as_of: RoughDay });

export const VendorName = z.enum(["openai", "azure"]);
export type VendorName = z.infer<typeof VendorName>;

/** Something that ends: of this installation (`own`), or in a vendor's calendar. */
export const Deprecation = z.object({
  id: z.string(),
  object: z.literal("deprecation"),
  vendor: z.enum([...VendorName.options, "own"]),
  kind: DeprecationKind,
  /** The name of the model, the endpoint, the policy. */
  subject: z.string(),
  state: DeprecationState,
  announced_at: RoughDay.nullable(),
  /** In the order of days. */
  dates: z.array(DeprecationDate).min(1),
  /** Days that this entry had before. */
  earlier_dates: z.array(EarlierDate),
  matches: DeprecationMatches,
  /** What whoever retires it names instead. */
  successor: z.string().nullable(),
  message: z.string().nullable(),
  /** What Perennial has instead of a vendor's thing, as of this version. */
  perennial: z.string().nullable(),
  certainty: z.enum(["documented", "secondary"]).nullable(),
  source: z.string().nullable(),
  url: z.string().nullable(),
  /** Unix seconds: when what this says last changed. */
  updated_at: z.int(),
});
export type Deprecation = z.infer<typeof Deprecation>;

const Text = z.string().min(1);
const Shared = {
  replacement: Text.nullable(),
  /** A key of the pack's `perennial`. */
  perennial: Text,
  certainty: z.enum(["documented", "secondary"]),
  message: Text,
  source: Text,
  /** The day on which a person last changed what the entry says. */
  changed: Day,
};

const PackEntry = z.strictObject({
  /** Left out: the subject. */
  id: z.string().regex(/^[a-z0-9.-]+$/),
  kind: DeprecationKind,
  subject: Text,
  ...DeprecationMatches.shape,
  /** In place of the notice's shutdown. */
  dates: z.array(DeprecationDate).min(1),
  earlier_dates: z.array(EarlierDate),
  ...Shared,
});

/** A text stands for a model of that name. */
export const VendorEntry = z.union([Text, PackEntry.partial().required({ subject: true })]);
export type VendorEntry = z.infer<typeof VendorEntry>;

/** One announcement: what it says of each entry, where the entry itself does not say otherwise. */
export const VendorNotice = z.strictObject({
  announced: RoughDay.nullable(),
  shutdown: Day.optional(),
  ...z.strictObject(Shared).partial({ message: true, source: true, changed: true }).shape,
  entries: z.array(VendorEntry).min(1),
});
export type VendorNotice = z.infer<typeof VendorNotice>;

/** A file of `vendor-calendar/packs`. */
export const VendorPack = z.strictObject({
  vendor: VendorName,
  name: Text,
  as_of: Day,
  url: z.url(),
  perennial: z.record(z.string(), Text),
  /** The newest announcement first, those without a date last. */
  notices: z.array(VendorNotice).min(1),
});
export type VendorPack = z.infer<typeof VendorPack>;

export const Calendars = z.enum([...VendorName.options, "own", "all"]);
export type Calendars = z.infer<typeof Calendars>;

const dayRange = { after: Day.optional(), before: Day.optional() };

/** Entries that have a date from `after` to `before`, both included. */
export const ListDeprecations = z
  .strictObject({ vendor: Calendars.default("all"), ...dayRange })
  .refine(({ after, before }) => !after || !before || after <= before, {
    path: ["before"],
    error: "it is earlier than 'after'",
  });
export type ListDeprecations = z.infer<typeof ListDeprecations>;

/** The page shows everything unless asked for less; a feed is subscribed to for this installation's own dates. */
export const ShowDeprecations = z.strictObject({ vendor: Calendars.default("all") });
export const FeedDeprecations = z.strictObject({ vendor: Calendars.default("own") });
