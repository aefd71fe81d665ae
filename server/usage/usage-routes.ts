import { Hono } from "hono";
import type { z } from "zod";
import { Refusal } from "../../contract/errors.ts";
import { ListRequests, OwnUsageQuery, UsageQuery } from "../../contract/usage.ts";
import { type AppContext, type AppEnv, assertAdmin, query } from "../platform/http.ts";
import { parse } from "../platform/validation.ts";
import type { Scope } from "./request-query-store.ts";
import type { Requests } from "./requests.ts";
import type { UsageSums } from "./usage-sums.ts";

const LISTS: readonly string[] = ["project_ids", "user_ids", "api_key_ids", "models", "group_by"];

/** The query string by its schema, with lists as the SDKs write them: `models[]=a&models[]=b`, or without brackets. */
function queryWithLists<Schema extends z.ZodType>(c: AppContext, schema: Schema): z.output<Schema> {
  const given: Record<string, unknown> = {};
  for (const [name, values] of Object.entries(c.req.queries())) {
    const plain = name.replace(/\[\d*\]$/, "");
    const earlier = given[plain];
    if (!LISTS.includes(plain)) given[name] = values.at(-1);
    else given[plain] = [...(Array.isArray(earlier) ? earlier : []), ...values];
  }
  return parse(schema, given);
}

/** A project's key sees its project; an admin key its organization, or one project of it. */
function scopeOf(c: AppContext, wanted: string | null): Scope {
  const caller = c.get("caller");
  const { organizationId } = caller;
  if (caller.kind === "admin") return { organizationId, projectId: wanted };
  if (wanted === null || wanted === caller.projectId) return { organizationId, projectId: caller.projectId };
  throw new Refusal("permission_denied", "A project's key sees that project alone.", "project_id");
}

export const requestRoutes = (requests: Requests) =>
  new Hono<AppEnv>().get("/", async (c) => {
    const page = query(c, ListRequests);
    return c.json(await requests.list(scopeOf(c, page.project_id ?? null), page));
  });

/** `/perennial/usage`: OpenAI's answer, also for a project's key, and without a start. */
export const ownUsageRoutes = (sums: UsageSums) =>
  new Hono<AppEnv>().get("/", async (c) =>
    c.json(await sums.page(scopeOf(c, null), queryWithLists(c, OwnUsageQuery))),
  );

/** OpenAI's `/organization/usage`, for an admin key. */
export const usageRoutes = (sums: UsageSums) =>
  new Hono<AppEnv>().get("/completions", async (c) => {
    const { organizationId } = assertAdmin(c);
    return c.json(await sums.page({ organizationId, projectId: null }, queryWithLists(c, UsageQuery)));
  });
