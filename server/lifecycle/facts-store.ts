import { sql } from "kysely";
import type { Scope } from "../../contract/lifecycle.ts";
import type { Database } from "../database/database.ts";
import type { ActiveSpan } from "./activity.ts";

const usesOf = (db: Database, scope: Scope) =>
  db
    .selectFrom("usage_days")
    .where("is_tuned", "=", 1)
    .$if(scope !== "platform" && "base" in scope, (rows) =>
      rows.where("base_model", "=", scope !== "platform" && "base" in scope ? scope.base : ""),
    )
    .$if(scope !== "platform" && "method" in scope, (rows) =>
      rows.where("model", "in", (from) =>
        from
          .selectFrom("tuned_models")
          .innerJoin("jobs", "jobs.id", "tuned_models.job_id")
          .where("jobs.method", "=", scope !== "platform" && "method" in scope ? scope.method : "supervised")
          .select("tuned_models.id"),
      ),
    );

const jobsOf = (db: Database, scope: Scope) =>
  db
    .selectFrom("jobs")
    .$if(scope !== "platform" && "base" in scope, (rows) =>
      rows.where("base_model", "=", scope !== "platform" && "base" in scope ? scope.base : ""),
    )
    .$if(scope !== "platform" && "method" in scope, (rows) =>
      rows.where("method", "=", scope !== "platform" && "method" in scope ? scope.method : "supervised"),
    );

const firstJob = sql<number | null>`min(created_at)`;
const firstAt = sql<number>`min(first_at)`;
const lastAt = sql<number>`max(last_at)`;

/** What the rules ask about organizations, within a policy's scope. */
export const createFactsStore = (db: Database) => ({
  async firstJobAt(organizationId: string, scope: Scope): Promise<number | null> {
    const row = await jobsOf(db, scope)
      .where("organization_id", "=", organizationId)
      .select(firstJob.as("at"))
      .executeTakeFirst();
    return row?.at ?? null;
  },

  /** Days with inference on a tuned model, in the order of time. */
  listSpans: (organizationId: string, scope: Scope): Promise<ActiveSpan[]> =>
    usesOf(db, scope)
      .where("organization_id", "=", organizationId)
      .select([firstAt.as("firstAt"), lastAt.as("lastAt")])
      .groupBy("day")
      .orderBy("day")
      .execute(),

  /** Of all organizations at once. */
  async firstJobs(scope: Scope): Promise<Map<string, number>> {
    const rows = await jobsOf(db, scope)
      .select(["organization_id", sql<number>`min(created_at)`.as("at")])
      .groupBy("organization_id")
      .execute();
    return new Map(rows.map(({ organization_id, at }) => [organization_id, at]));
  },

  /** Of all organizations: what a stage that begins at `since` can ask about; older use counts as its last. */
  async spansOfAll(scope: Scope, sinceDay: number): Promise<Map<string, ActiveSpan[]>> {
    const day = sql<number>`max(day, ${sinceDay})`;
    const rows = await usesOf(db, scope)
      .select(["organization_id", firstAt.as("firstAt"), lastAt.as("lastAt")])
      .groupBy(["organization_id", day])
      .orderBy("organization_id")
      .execute();
    return Map.groupBy(rows, ({ organization_id }) => organization_id);
  },

  /** When a project last used each tuned model. */
  async lastInferences(projectId: string): Promise<Map<string, number>> {
    const rows = await db
      .selectFrom("usage_days")
      .where("project_id", "=", projectId)
      .where("is_tuned", "=", 1)
      .select(["model", lastAt.as("at")])
      .groupBy("model")
      .execute();
    return new Map(rows.map(({ model, at }) => [model, at]));
  },
});
export type FactsStore = ReturnType<typeof createFactsStore>;
