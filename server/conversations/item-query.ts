import type { z } from "zod";
import type { AppContext } from "../platform/http.ts";
import { parse } from "../platform/validation.ts";

/** The query string by its schema, where `include` may stand several times, as the SDKs write lists. */
export function queryWithInclude<Schema extends z.ZodType>(c: AppContext, schema: Schema): z.output<Schema> {
  const { include = [], "include[]": listed = [], ...others } = c.req.queries();
  const last = Object.entries(others).map(([name, values]) => [name, values.at(-1)]);
  const all = [...include, ...listed];
  return parse(schema, { ...Object.fromEntries(last), ...(all.length > 0 ? { include: all } : {}) });
}
