import { type SelectQueryBuilder, sql } from "kysely";
import type { RequestDatabase } from "../database/database.ts";
import type { RequestTables } from "../database/request-tables.ts";
import type { RequestRow } from "./request-store.ts";
import type { Sum, SumQuery } from "./sum-query.ts";

/** Whose requests: an organization's, or those of one of its projects. */
export type Scope = { readonly organizationId: string; readonly projectId: string | null };

export type RequestQuery = Scope & {
  readonly limit: number;
  readonly beforeSeq: number;
  readonly sinceSeq: number;
  readonly model: string | null;
  /** `failed`: neither ok nor cancelled. */
  readonly status: string | null;
};

type Requests<Selected> = SelectQueryBuilder<RequestTables, "requests", Selected>;

function inScope<Selected>(rows: Requests<Selected>, { projectId, organizationId }: Scope) {
  // The project's own index, in the order of pages.
  if (projectId !== null)
    return rows.where("project_id", "=", projectId).where(sql`+organization_id`, "=", organizationId);
  return rows.where("organization_id", "=", organizationId);
}

function ofStatus<Selected>(rows: Requests<Selected>, status: string) {
  if (status === "failed") return rows.where("status", "not in", ["ok", "cancelled"]);
  return rows.where("status", "=", status);
}

export const createRequestQueryStore = (db: RequestDatabase) => ({
  /** Newest first, none beyond `fromSeq`. */
  list: (query: RequestQuery, fromSeq: number): Promise<RequestRow[]> =>
    inScope(db.selectFrom("requests").selectAll(), query)
      .where("seq", "<", query.beforeSeq)
      .where("seq", ">=", fromSeq)
      .$if(query.model !== null, (rows) => rows.where("model", "=", query.model ?? ""))
      .$if(query.status !== null, (rows) => ofStatus(rows, query.status ?? ""))
      .orderBy("seq", "desc")
      .limit(query.limit)
      .execute(),

  /** The number of the row that is so many rows away, if there are so many. */
  async seqAfter(query: RequestQuery, count: number): Promise<number | null> {
    const row = await inScope(db.selectFrom("requests").select("seq"), query)
      .where("seq", "<", query.beforeSeq)
      .where("seq", ">=", query.sinceSeq)
      .orderBy("seq", "desc")
      .limit(1)
      .offset(count - 1)
      .executeTakeFirst();
    return row?.seq ?? null;
  },

  async firstStart(table: "usage_hours" | "usage_minutes", organizationId: string): Promise<number | null> {
    const row = await db
      .selectFrom(table)
      .select((from) => from.fn.min("start").as("start"))
      .where("organization_id", "=", organizationId)
      .executeTakeFirst();
    return row?.start ?? null;
  },

  sums: (table: "usage_hours" | "usage_minutes", query: SumQuery): Promise<Sum[]> =>
    db
      .selectFrom(table)
      .select(["start"])
      .select((from) => [
        from.fn.sum<number>("requests").as("requests"),
        from.fn.sum<number>("input_tokens").as("input"),
        from.fn.sum<number>("output_tokens").as("output"),
        from.fn.sum<number>("cached_tokens").as("cached"),
      ])
      .select(query.groupBy)
      .where("organization_id", "=", query.organizationId)
      .where("start", ">=", query.from)
      .where("start", "<", query.to)
      .$if(query.projectIds !== null, (rows) => rows.where("project_id", "in", query.projectIds ?? []))
      .$if(query.keyIds !== null, (rows) => rows.where("key_id", "in", query.keyIds ?? []))
      .$if(query.models !== null, (rows) => rows.where("model", "in", query.models ?? []))
      .groupBy(["start", ...query.groupBy])
      .orderBy("start")
      .limit(query.most)
      .execute(),
});
export type RequestQueryStore = ReturnType<typeof createRequestQueryStore>;
