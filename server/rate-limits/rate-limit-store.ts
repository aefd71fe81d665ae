import type { Selectable } from "kysely";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";

export type RateLimitRow = Selectable<Tables["project_rate_limits"]>;

export const createRateLimitStore = (db: Database) => ({
  listAll: (): Promise<RateLimitRow[]> => db.selectFrom("project_rate_limits").selectAll().execute(),

  put: (row: RateLimitRow) =>
    db
      .insertInto("project_rate_limits")
      .values(row)
      .onConflict((conflict) =>
        conflict.columns(["project_id", "model"]).doUpdateSet(({ ref }) => ({
          requests_per_minute: ref("excluded.requests_per_minute"),
          tokens_per_minute: ref("excluded.tokens_per_minute"),
        })),
      )
      .execute(),
});
export type RateLimitStore = ReturnType<typeof createRateLimitStore>;
