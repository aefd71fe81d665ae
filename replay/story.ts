/** OpenAI's wind-down as it was announced, with organizations of every kind that it distinguishes. */

export const MINI = "gpt-4o-mini-2024-07-18";
/** Retired first, and with it every model tuned on it. */
export const NANO = "gpt-4.1-nano-2025-04-14";
export const bases = [MINI, NANO] as const;

export type Actor = {
  readonly name: string;
  readonly story: string;
  readonly base: (typeof bases)[number];
};

export const actors: readonly Actor[] = [
  { name: "never", story: "has never tuned", base: MINI },
  { name: "quiet", story: "tuned once, called it that day, went quiet", base: MINI },
  { name: "active", story: "tunes and calls its model every month", base: MINI },
  { name: "before", story: "last call 60 days and a second before 2026-07-02", base: MINI },
  { name: "after", story: "last call exactly 60 days before 2026-07-02", base: MINI },
  { name: "except", story: "has never tuned; an exception until 2027-01-10", base: MINI },
  { name: "nano", story: "calls its model every month until its base retires on 2026-10-23", base: NANO },
];

export type Action = { readonly at: string; readonly who: string } & (
  | { readonly does: "tune" }
  | { readonly does: "call" }
);

const MONTHS = ["05", "06", "07", "08", "09", "10", "11", "12"] as const;

const monthly = (who: string): Action[] => [
  { at: "2026-05-01T09:00:00Z", who, does: "tune" },
  ...MONTHS.map((month) => ({ at: `2026-${month}-10T09:00:00Z`, who, does: "call" as const })),
];
const once = (who: string, call: string): Action[] => [
  { at: "2026-05-01T09:00:00Z", who, does: "tune" },
  { at: call, who, does: "call" },
];

export const actions: readonly Action[] = [
  ...monthly("active"),
  ...monthly("nano"),
  ...once("quiet", "2026-05-01T10:00:00Z"),
  ...once("before", "2026-05-02T23:59:59Z"),
  ...once("after", "2026-05-03T00:00:00Z"),
];

/** What the operator decides, as documents of `perennial lifecycle plan`; the exception's holder is known by then. */
export const decisions = (holder: string) => [
  {
    at: "2026-05-01T12:00:00Z",
    document: {
      note: "Fine-tuning winds down in three stages",
      policies: [
        {
          builtin: "openai-2026",
          exceptions: [{ organization: holder, until: "2027-01-10", reason: "Enterprise contract" }],
        },
      ],
      models: [
        {
          id: NANO,
          announced_at: "2026-04-22",
          shutdown_at: "2026-10-23",
          successor: MINI,
          reason: "Deprecated on 2026-04-22",
        },
      ],
    },
  },
  {
    at: "2026-10-14T00:00:00Z",
    document: {
      note: "The last tunable bases are deprecated",
      models: [{ id: MINI, shutdown_at: "2027-01-14", reason: "Deprecated on 2026-10-14" }],
    },
  },
];

export const moments: readonly { readonly at: string; readonly note: string }[] = [
  { at: "2026-05-01T13:00:00Z", note: "announced" },
  { at: "2026-05-06T23:59:59Z", note: "a second before the first stage" },
  { at: "2026-05-07T00:00:00Z", note: "stage 1: who never tuned" },
  { at: "2026-07-01T23:59:59Z", note: "a second before the second stage" },
  { at: "2026-07-02T00:00:00Z", note: "stage 2: who made no call for 60 days" },
  { at: "2026-07-02T00:00:01Z", note: "the 60 days of 'after' are over" },
  { at: "2026-10-14T00:00:00Z", note: "the last bases are deprecated" },
  { at: "2026-10-22T23:59:59Z", note: "a second before a base retires" },
  { at: "2026-10-23T00:00:00Z", note: "the base of 'nano' is retired" },
  { at: "2026-12-09T09:00:00Z", note: "60 days after the last call of 'nano'" },
  { at: "2026-12-09T09:00:01Z", note: "its right has gone after its model" },
  { at: "2027-01-05T23:59:59Z", note: "a second before the third stage" },
  { at: "2027-01-06T00:00:00Z", note: "stage 3: everyone" },
  { at: "2027-01-09T23:59:59Z", note: "a second before the exception ends" },
  { at: "2027-01-10T00:00:00Z", note: "the exception has ended" },
  { at: "2027-01-13T23:59:59Z", note: "a second before the last bases retire" },
  { at: "2027-01-14T00:00:00Z", note: "the last bases are retired" },
  { at: "2027-02-01T00:00:00Z", note: "the end of the replay" },
];
