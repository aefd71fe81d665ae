import { sql } from "kysely";
import type { PolicyException } from "../../contract/lifecycle.ts";
import type { Database } from "../database/database.ts";

const OPEN = ["validating_files", "queued", "running"] as const;

/** Everybody and what they have, for working out whom a date hits. */
export const createImpactStore = (db: Database) => ({
  listOrganizations: () =>
    db.selectFrom("organizations").select(["id", "slug as name"]).orderBy("id").execute(),

  /** Those that are not archived, with the number of their live keys. */
  listProjects: () =>
    db
      .selectFrom("projects as project")
      .leftJoin("api_keys as key", (join) =>
        join.onRef("key.project_id", "=", "project.id").on("key.revoked_at", "is", null),
      )
      .select(["project.id", "project.organization_id as organizationId"])
      .select(sql<number>`count(key.id)`.as("keys"))
      .where("project.archived_at", "is", null)
      .groupBy("project.id")
      .execute(),

  /** Jobs by project, base and method: how many are open, how many were made since. */
  countJobs: (since: number) =>
    db
      .selectFrom("jobs")
      .select(["project_id as projectId", "base_model as base", "method"])
      .select(sql<number>`sum(status in (${sql.join(OPEN)}))`.as("open"))
      .select(sql<number>`sum(created_at >= ${since})`.as("recent"))
      .where((where) => where.or([where("status", "in", OPEN), where("created_at", ">=", since)]))
      .groupBy(["project_id", "base_model", "method"])
      .execute(),

  /** Requests and tokens since a day, by project and base, of the base itself and of its tuned models. */
  sumUsage: (sinceDay: number) =>
    db
      .selectFrom("usage_days")
      .select(["project_id as projectId", "base_model as base", "is_tuned as isTuned"])
      .select(sql<number>`sum(requests)`.as("requests"))
      .select(sql<number>`sum(input_tokens + output_tokens)`.as("tokens"))
      .where("day", ">=", sinceDay)
      .groupBy(["project_id", "base_model", "is_tuned"])
      .execute(),

  /** Live tuned models with everybody who may call them: owners, and projects with a permission. */
  async listTunedModels() {
    const owned = await db
      .selectFrom("tuned_models")
      .select(["id", "project_id as projectId", "base_model as base"])
      .where("deleted_at", "is", null)
      .orderBy("id")
      .execute();
    const shared = await db
      .selectFrom("checkpoint_permissions as permission")
      .innerJoin("tuned_models as model", "model.id", "permission.model")
      .select(["model.id", "permission.project_id as projectId", "model.base_model as base"])
      .where("permission.deleted_at", "is", null)
      .where("model.deleted_at", "is", null)
      .orderBy("model.id")
      .execute();
    return [...owned, ...shared];
  },

  /** What of `organization ID` and `project ID` exists, of those that exceptions name. */
  async listKnown(exceptions: readonly PolicyException[]): Promise<Set<string>> {
    const ids = exceptions.map(({ organization, project }) => organization ?? project ?? "");
    const known = new Set<string>();
    for (let from = 0; from < ids.length; from += 500) {
      const some = ids.slice(from, from + 500);
      const organizations = await db
        .selectFrom("organizations")
        .select("id")
        .where("id", "in", some)
        .execute();
      const projects = await db.selectFrom("projects").select("id").where("id", "in", some).execute();
      for (const { id } of organizations) known.add(`organization ${id}`);
      for (const { id } of projects) known.add(`project ${id}`);
    }
    return known;
  },
});
export type ImpactStore = ReturnType<typeof createImpactStore>;
