import { createVendorCalendar } from "../deprecations/read-calendar.ts";
import type { Config } from "./config.ts";
import type { Database } from "./database/database.ts";
import { createDeprecations } from "./feeds/deprecations.ts";
import type { FeedNeeds } from "./feeds/feed-routes.ts";
import { createListOwn } from "./feeds/own-deprecations.ts";
import type { Lifecycle } from "./lifecycle/lifecycle.ts";
import { createLifecycleStore } from "./lifecycle/lifecycle-store.ts";
import type { Clock } from "./platform/clock.ts";

type Needs = { config: Config; db: Database; lifecycle: Lifecycle; page: string; now: Clock };

/** What ends when, of this installation and of the vendors. */
export function assembleFeeds({ config, db, lifecycle, page, now }: Needs): FeedNeeds {
  const listOwn = createListOwn({ lifecycle, changes: createLifecycleStore(db), now });
  return {
    deprecations: createDeprecations({ listOwn, vendorCalendar: createVendorCalendar(), page, now }),
    publicUrl: config.publicUrl,
    isPublic: config.PERENNIAL_PUBLIC_FEEDS === "on",
    now,
  };
}
