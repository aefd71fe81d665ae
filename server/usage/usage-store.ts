import { type Selectable, sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";
import type { Sum, SumQuery } from "./sum-query.ts";

const DAY_SECONDS = 86_400;

export type UsageRow = Selectable<Tables["usage_days"]>;

export const createUsageStore = (db: Database) => ({
  /** Adds counts to their days: all of them, or none. */
  add: (rows: readonly UsageRow[]) =>
    db.transaction().execute(async (trx) => {
      for (const row of rows) {
        await trx
          .insertInto("usage_days")
          .values(row)
          .onConflict((conflict) =>
            conflict.columns(["project_id", "model", "day", "key_id"]).doUpdateSet((set) => ({
              first_at: set.fn("min", ["usage_days.first_at", "excluded.first_at"]),
              last_at: set.fn("max", ["usage_days.last_at", "excluded.last_at"]),
              requests: set("usage_days.requests", "+", set.ref("excluded.requests")),
              input_tokens: set("usage_days.input_tokens", "+", set.ref("excluded.input_tokens")),
              output_tokens: set("usage_days.output_tokens", "+", set.ref("excluded.output_tokens")),
              cached_tokens: set("usage_days.cached_tokens", "+", set.ref("excluded.cached_tokens")),
            })),
          )
          .execute();
      }
    }),

  async firstDay(organizationId: string): Promise<number | null> {
    const row = await db
      .selectFrom("usage_days")
      .select((from) => from.fn.min("day").as("day"))
      .where("organization_id", "=", organizationId)
      .executeTakeFirst();
    return row?.day ?? null;
  },

  sums: (query: SumQuery): Promise<Sum[]> =>
    db
      .selectFrom("usage_days")
      .select(sql<number>`day * ${sql.lit(DAY_SECONDS)}`.as("start"))
      .select((from) => [
        from.fn.sum<number>("requests").as("requests"),
        from.fn.sum<number>("input_tokens").as("input"),
        from.fn.sum<number>("output_tokens").as("output"),
        from.fn.sum<number>("cached_tokens").as("cached"),
      ])
      .select(query.groupBy)
      .where("organization_id", "=", query.organizationId)
      .where("day", ">=", Math.floor(query.from / DAY_SECONDS))
      .where("day", "<", Math.ceil(query.to / DAY_SECONDS))
      .$if(query.projectIds !== null, (rows) => rows.where("project_id", "in", query.projectIds ?? []))
      .$if(query.keyIds !== null, (rows) => rows.where("key_id", "in", query.keyIds ?? []))
      .$if(query.models !== null, (rows) => rows.where("model", "in", query.models ?? []))
      .groupBy(["day", ...query.groupBy])
      .orderBy("day")
      .limit(query.most)
      .execute(),
});
export type UsageStore = ReturnType<typeof createUsageStore>;
