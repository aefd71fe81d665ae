import { Hono } from "hono";
import {
  type Calendars,
  FeedDeprecations,
  ListDeprecations,
  ShowDeprecations,
} from "../../contract/deprecations.ts";
import type { Clock } from "../platform/clock.ts";
import { type AppContext, type AppEnv, query } from "../platform/http.ts";
import { atomFeed, type Feed } from "./atom.ts";
import { icsCalendar } from "./calendar.ts";
import { createConditional } from "./conditional.ts";
import type { Deprecations } from "./deprecations.ts";
import { deprecationsPage } from "./page.ts";
import { contentSecurityPolicy } from "./page-style.ts";

export type FeedNeeds = {
  readonly deprecations: Deprecations;
  readonly publicUrl: string;
  /** Whether they are read without a key. */
  readonly isPublic: boolean;
  readonly now: Clock;
};

type Admit = (c: AppContext, next: () => Promise<void>) => Promise<void>;

const titles: Readonly<Record<Calendars, string>> = {
  own: "Deprecations of this server",
  openai: "Deprecations of OpenAI",
  azure: "Deprecations of Azure OpenAI",
  all: "Deprecations",
};

/** RFC 4151 takes names of hosts; an address of IPv6 is none. */
const authorityOf = (publicUrl: string): string => {
  const { hostname } = new URL(publicUrl);
  return hostname.startsWith("[") ? "localhost" : hostname;
};

function feedOf(publicUrl: string, path: string, vendor: Calendars): Feed {
  const asked = vendor === "own" ? "" : `?vendor=${vendor}`;
  return {
    title: `${titles[vendor]} (${authorityOf(publicUrl)})`,
    authority: authorityOf(publicUrl),
    self: `${publicUrl}${path}${asked}`,
    page: `${publicUrl}/deprecations`,
    name: vendor,
  };
}

const pageHeaders = {
  "content-security-policy": contentSecurityPolicy,
  "referrer-policy": "no-referrer",
};

/** For browsers, feed readers and calendars, which send no key unless they must. */
export function feedRoutes({ deprecations, publicUrl, isPublic, now }: FeedNeeds, authenticate: Admit) {
  const answer = createConditional(now);
  const admit: Admit = isPublic ? (_, next) => next() : authenticate;
  return new Hono<AppEnv>()
    .get("/deprecations", admit, async (c) => {
      const { vendor } = query(c, ShowDeprecations);
      const text = deprecationsPage(await deprecations.list({ vendor }), vendor, now());
      return answer(c, {
        name: `html ${vendor}`,
        type: "text/html; charset=utf-8",
        text,
        headers: pageHeaders,
      });
    })
    .get("/deprecations.atom", admit, async (c) => {
      const { vendor } = query(c, FeedDeprecations);
      const feed = feedOf(publicUrl, "/deprecations.atom", vendor);
      const text = atomFeed(await deprecations.list({ vendor }), feed);
      return answer(c, { name: `atom ${vendor}`, type: "application/atom+xml; charset=utf-8", text });
    })
    .get("/deprecations.ics", admit, async (c) => {
      const { vendor } = query(c, FeedDeprecations);
      const feed = feedOf(publicUrl, "/deprecations.ics", vendor);
      const text = icsCalendar(await deprecations.list({ vendor }), feed);
      return answer(c, { name: `ics ${vendor}`, type: "text/calendar; charset=utf-8", text });
    });
}

/** For programs, with a project's key or an admin key. */
export const deprecationRoutes = (deprecations: Deprecations) =>
  new Hono<AppEnv>().get("/", async (c) => {
    const data = await deprecations.list(query(c, ListDeprecations));
    return c.json({ object: "list", data, has_more: false });
  });
