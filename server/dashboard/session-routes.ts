import { Hono } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { SignIn } from "../../contract/dashboard.ts";
import { Refusal } from "../../contract/errors.ts";
import { type AppContext, type AppEnv, addressOf, assertAdmin, body } from "../platform/http.ts";
import { limitBodyTo } from "../platform/request-body.ts";
import type { Attempts } from "./attempts.ts";
import type { ClientAddress } from "./client-address.ts";
import type { AssertHost } from "./hosts.ts";
import { SESSION_SECONDS, type Sessions } from "./sessions.ts";
import { isOwnPage } from "./signed-in.ts";

/** A key or a link, from who may be anybody. */
const MOST_BYTES = 16 * 1024;

type Next = () => Promise<void>;

export type SessionParts = {
  readonly sessions: Sessions;
  readonly attempts: Attempts;
  readonly clientAddress: ClientAddress;
  readonly assertHost: AssertHost;
  /** Its name. */
  readonly cookie: string;
  readonly publicUrl: string;
  readonly authenticate: (c: AppContext, next: Next) => Promise<void>;
};

/** Only the dashboard's own page may sign in, so that nobody is signed in as somebody else unawares. */
function assertOwnPage(c: AppContext): void {
  if (isOwnPage(c)) return;
  throw new Refusal("cross_site_request", "This call is for the dashboard's own page.");
}

/** `/dashboard`: signing in and out, by a cookie that scripts cannot read. */
export function sessionRoutes(parts: SessionParts) {
  const { sessions, attempts, cookie, publicUrl } = parts;
  const optionsFor = (c: AppContext) => ({
    path: "/",
    httpOnly: true,
    sameSite: "Strict" as const,
    secure: (c.req.header("origin") ?? publicUrl).startsWith("https:"),
  });

  const addressIn = (c: AppContext) =>
    parts.clientAddress(addressOf(c) ?? "", c.req.header("x-forwarded-for"));

  async function assertPage(c: AppContext, next: Next): Promise<void> {
    parts.assertHost(c);
    assertOwnPage(c);
    c.header("cache-control", "no-store");
    await next();
  }

  return new Hono<AppEnv>()
    .use("/session", assertPage, limitBodyTo(MOST_BYTES))
    .use("/sessions", assertPage, limitBodyTo(MOST_BYTES))
    .post("/session", async (c) => {
      const by = await body(c, SignIn);
      const { caller, token } = await attempts.guard(addressIn(c), () => sessions.signIn(by));
      const before = getCookie(c, cookie);
      if (before !== undefined) await sessions.end(before);
      setCookie(c, cookie, token, { ...optionsFor(c), maxAge: SESSION_SECONDS });
      return c.json(await sessions.present(caller));
    })
    .get("/session", async (c) => {
      const token = getCookie(c, cookie);
      const caller = token === undefined ? null : await sessions.find(token);
      if (!caller) throw new Refusal("not_signed_in", "You are not signed in.");
      return c.json(await sessions.present(caller));
    })
    .delete("/session", async (c) => {
      const token = getCookie(c, cookie);
      if (token !== undefined) await sessions.end(token);
      deleteCookie(c, cookie, optionsFor(c));
      return c.body(null, 204);
    })
    .delete("/sessions", async (c) => {
      const token = getCookie(c, cookie);
      const caller = token === undefined ? null : await sessions.find(token);
      if (!caller) throw new Refusal("not_signed_in", "You are not signed in.");
      await sessions.endAll(caller);
      deleteCookie(c, cookie, optionsFor(c));
      return c.body(null, 204);
    })
    .post("/links", parts.authenticate, async (c) => {
      c.header("cache-control", "no-store");
      return c.json(await sessions.newLink(assertAdmin(c).keyId));
    });
}
