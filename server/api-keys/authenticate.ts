import { Refusal } from "../../contract/errors.ts";
import type { Caller } from "../platform/caller.ts";
import type { Clock } from "../platform/clock.ts";
import type { AppContext } from "../platform/http.ts";
import { bearerToken, hashKey, isSameHash, redactKey } from "./key.ts";
import type { KeyStore } from "./key-store.ts";

const MISSING =
  "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).";

const WHERE_KEYS_ARE =
  "A server's first key is in the file api-key of its data folder; `perennial keys create` makes others.";

export type KeyRow = {
  readonly id: string;
  readonly project_id: string | null;
  readonly organization_id: string;
  readonly slug: string;
  readonly is_operator: number;
};

const callerOf = (row: KeyRow): Caller => {
  const who = {
    keyId: row.id,
    organizationId: row.organization_id,
    organizationSlug: row.slug,
    isOperator: row.is_operator === 1,
  };
  return row.project_id ? { ...who, kind: "project", projectId: row.project_id } : { ...who, kind: "admin" };
};

/** Who a key is. The time of its last use is kept to the minute. */
export function createCallers({ store, now }: { store: KeyStore; now: Clock }) {
  const touched = new Map<string, number>();

  async function touch(keyId: string) {
    const minute = Math.floor(now() / 60) * 60;
    if (touched.get(keyId) === minute) return;
    touched.set(keyId, minute);
    await store.touchKey(keyId, minute);
  }

  async function ofRow(row: KeyRow): Promise<Caller> {
    await touch(row.id);
    return callerOf(row);
  }

  async function ofKey(key: string): Promise<Caller> {
    const hash = hashKey(key);
    const row = await store.findByHash(hash);
    if (!row || !isSameHash(row.hash, hash)) {
      throw new Refusal(
        "invalid_api_key",
        `Incorrect API key provided: ${redactKey(key)}. ${WHERE_KEYS_ARE}`,
      );
    }
    return ofRow(row);
  }

  return { ofRow, ofKey };
}
export type Callers = ReturnType<typeof createCallers>;

type Needs = {
  readonly callers: Callers;
  /** The caller of a browser that is signed in; null: this request is no such one's. */
  readonly signedIn: (c: AppContext) => Promise<Caller | null>;
};

/** Who calls, by a key or else signed in; null: nobody says. A key that is sent goes before a cookie. */
export const createIdentify =
  ({ callers, signedIn }: Needs) =>
  async (c: AppContext): Promise<Caller | null> => {
    const key = bearerToken(c.req.header("authorization"));
    return key ? await callers.ofKey(key) : await signedIn(c);
  };
export type Identify = ReturnType<typeof createIdentify>;

/** Middleware: the caller of this request, or 401. */
export const createAuthenticate =
  (identify: Identify) =>
  async (c: AppContext, next: () => Promise<void>): Promise<void> => {
    const caller = await identify(c);
    if (!caller) throw new Refusal("missing_api_key", MISSING);
    c.set("caller", caller);
    await next();
  };
