import type { OwnDeprecation } from "./deprecations.ts";

/** Names that would break a page, a feed or a calendar that trusts them. */
export const hostile = [
  "</script><script>alert(1)</script>",
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  "]]><entry/>",
  "a&b&amp;c",
  "<!-- -->",
  "line\r\nEND:VEVENT\r\nBEGIN:VALARM",
  "semi;colon,comma\\n\\",
  "bell\u0007zero\u0000escape\u001b[31m",
  "half a pair \ud800",
  "\u202eright to left",
  "é".repeat(90),
  "🦙".repeat(60),
] as const;

export const ownEntry = (change: Partial<OwnDeprecation> = {}): OwnDeprecation => ({
  id: "own:model:tiny-base",
  kind: "model",
  subject: "tiny-base",
  announced_at: "2026-11-01",
  dates: [
    { what: "training_ends", date: "2026-12-10", note: null },
    { what: "shutdown", date: "2027-01-10", note: null },
  ],
  successor: "small-base",
  message: "Its successor is better.",
  updated_at: 1_793_491_200,
  ...change,
});

export const hostileEntries: readonly OwnDeprecation[] = hostile.map((text) =>
  ownEntry({
    id: `own:model:${text}`,
    subject: text,
    successor: text,
    message: text,
    dates: [{ what: "stage", date: "2027-01-10", note: text }],
  }),
);
