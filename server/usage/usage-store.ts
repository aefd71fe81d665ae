import type { Selectable } from "kysely";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";

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
});
export type UsageStore = ReturnType<typeof createUsageStore>;
