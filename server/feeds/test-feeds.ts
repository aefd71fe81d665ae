import { createVendorCalendar } from "../../deprecations/read-calendar.ts";
import { createDeprecations, type OwnDeprecation } from "./deprecations.ts";

export const feedNow = (): number => Date.parse("2026-11-26T12:00:00Z") / 1000;

export const feed = {
  title: "Deprecations of this server (tuning.example.com)",
  authority: "tuning.example.com",
  self: "https://tuning.example.com/deprecations.atom?vendor=all&x=1",
  page: "https://tuning.example.com/deprecations",
  name: "own",
};

/** The real calendar beside own dates that the test gives. */
export const deprecationsOf = (own: readonly OwnDeprecation[]) =>
  createDeprecations({
    listOwn: async () => own,
    vendorCalendar: createVendorCalendar(),
    page: feed.page,
    now: feedNow,
  });
