import { getCookie } from "hono/cookie";
import { DASHBOARD_HEADER, PROJECT_HEADER } from "../../contract/dashboard.ts";
import type { Caller } from "../platform/caller.ts";
import type { AppContext } from "../platform/http.ts";
import type { AssertHost } from "./hosts.ts";
import type { Sessions } from "./sessions.ts";

/** Of one host, all ports share their cookies. */
export const cookieName = (port: number): string => `perennial_session_${port}`;

/**
 * Whether the dashboard's own page sent it: another origin cannot set the header without asking first, which this server
 * does not answer, and browsers say themselves where a request comes from.
 */
export function isOwnPage(c: AppContext): boolean {
  const site = c.req.header("sec-fetch-site");
  return c.req.header(DASHBOARD_HEADER) === "1" && (site === undefined || site === "same-origin");
}

type Needs = { readonly sessions: Sessions; readonly assertHost: AssertHost; readonly cookie: string };

/** The caller of a request that the dashboard's cookie signs, in the project that it names; null: there is none. */
export function createSignedIn({ sessions, assertHost, cookie }: Needs) {
  return async (c: AppContext): Promise<Caller | null> => {
    const token = getCookie(c, cookie);
    if (token === undefined || !isOwnPage(c)) return null;
    assertHost(c);
    const caller = await sessions.find(token);
    return caller && (await sessions.within(caller, c.req.header(PROJECT_HEADER) ?? null));
  };
}
export type SignedIn = ReturnType<typeof createSignedIn>;
