import { Refusal } from "../../contract/errors.ts";
import type { Clock } from "../platform/clock.ts";
import type { AppContext, Caller } from "../platform/http.ts";
import { bearerToken, hashKey, isSameHash, redactKey } from "./key.ts";
import type { KeyStore } from "./key-store.ts";

const MISSING =
  "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).";

const callerOf = (row: {
  id: string;
  project_id: string | null;
  organization_id: string;
  slug: string;
  is_operator: number;
}): Caller => {
  const who = {
    keyId: row.id,
    organizationId: row.organization_id,
    organizationSlug: row.slug,
    isOperator: row.is_operator === 1,
  };
  return row.project_id ? { ...who, kind: "project", projectId: row.project_id } : { ...who, kind: "admin" };
};

/** Middleware: the caller of this request, or 401. The time of a key's last use is kept to the minute. */
export function createAuthenticate({ store, now }: { store: KeyStore; now: Clock }) {
  const touched = new Map<string, number>();

  async function touch(keyId: string) {
    const minute = Math.floor(now() / 60) * 60;
    if (touched.get(keyId) === minute) return;
    touched.set(keyId, minute);
    await store.touchKey(keyId, minute);
  }

  async function callerFor(key: string): Promise<Caller> {
    const hash = hashKey(key);
    const row = await store.findByHash(hash);
    if (!row || !isSameHash(row.hash, hash)) {
      throw new Refusal("invalid_api_key", `Incorrect API key provided: ${redactKey(key)}.`);
    }
    await touch(row.id);
    return callerOf(row);
  }

  return async (c: AppContext, next: () => Promise<void>) => {
    const key = bearerToken(c.req.header("authorization"));
    if (!key) throw new Refusal("missing_api_key", MISSING);
    c.set("caller", await callerFor(key));
    await next();
  };
}
