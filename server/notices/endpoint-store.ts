import type { Selectable, Transaction, Updateable } from "kysely";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";

export type EndpointRow = Selectable<Tables["webhook_endpoints"]>;
export type NewEndpoint = Omit<EndpointRow, "seq">;
export type EndpointPatch = Updateable<
  Pick<Tables["webhook_endpoints"], "name" | "url" | "event_types" | "updated_at">
>;

/** Nothing is sent to an endpoint that is off: what waits has failed, and can be replayed once it is on again. */
export async function switchOff(
  trx: Transaction<Tables>,
  endpoint: { id: string; url?: string },
  reason: string | null,
  now: number,
): Promise<void> {
  let change = trx
    .updateTable("webhook_endpoints")
    .set({ enabled: 0, disabled_reason: reason, updated_at: now })
    .where("id", "=", endpoint.id)
    .where("enabled", "=", 1);
  if (endpoint.url !== undefined) change = change.where("url", "=", endpoint.url);
  const { numUpdatedRows } = await change.executeTakeFirst();
  if (numUpdatedRows === 0n) return;
  await trx
    .updateTable("webhook_deliveries")
    .set({ status: "failed", next_attempt_at: null, finished_at: now })
    .where("endpoint_id", "=", endpoint.id)
    .where("status", "=", "pending")
    .execute();
}

export const createEndpointStore = (db: Database) => {
  const ofProject = (projectId: string) =>
    db.selectFrom("webhook_endpoints").selectAll().where("project_id", "=", projectId);

  return {
    /** false: the project has `limit` already. */
    insertEndpoint: (endpoint: NewEndpoint, limit: number) =>
      db.transaction().execute(async (trx) => {
        const { count } = await trx
          .selectFrom("webhook_endpoints")
          .select((select) => select.fn.countAll<number>().as("count"))
          .where("project_id", "=", endpoint.project_id)
          .executeTakeFirstOrThrow();
        if (count >= limit) return false;
        await trx.insertInto("webhook_endpoints").values(endpoint).execute();
        return true;
      }),

    findEndpoint: (projectId: string, id: string) =>
      ofProject(projectId).where("id", "=", id).executeTakeFirst(),

    /** Newest first; one row more than `limit`. */
    listEndpoints(projectId: string, page: { limit: number; beforeSeq: number | null }) {
      const rows = ofProject(projectId);
      const older = page.beforeSeq === null ? rows : rows.where("seq", "<", page.beforeSeq);
      return older
        .orderBy("seq", "desc")
        .limit(page.limit + 1)
        .execute();
    },

    updateEndpoint: (projectId: string, id: string, patch: EndpointPatch) =>
      db
        .updateTable("webhook_endpoints")
        .set(patch)
        .where("project_id", "=", projectId)
        .where("id", "=", id)
        .execute(),

    enableEndpoint: (id: string, now: number) =>
      db
        .updateTable("webhook_endpoints")
        .set({ enabled: 1, disabled_reason: null, updated_at: now })
        .where("id", "=", id)
        .where("enabled", "=", 0)
        .execute(),

    disableEndpoint: (id: string, now: number) =>
      db.transaction().execute((trx) => switchOff(trx, { id }, null, now)),

    rotateSecret: (
      projectId: string,
      id: string,
      change: { secret: string; oldUntil: number | null; now: number },
    ) =>
      db
        .updateTable("webhook_endpoints")
        .set((endpoint) => ({
          secret: change.secret,
          old_secret: change.oldUntil === null ? null : endpoint.ref("secret"),
          old_secret_until: change.oldUntil,
          updated_at: change.now,
        }))
        .where("project_id", "=", projectId)
        .where("id", "=", id)
        .returningAll()
        .executeTakeFirst(),

    /** With its deliveries; the events stay, since other endpoints may have them too. */
    async deleteEndpoint(projectId: string, id: string): Promise<boolean> {
      const { numDeletedRows } = await db
        .deleteFrom("webhook_endpoints")
        .where("project_id", "=", projectId)
        .where("id", "=", id)
        .executeTakeFirst();
      return numDeletedRows === 1n;
    },
  };
};
export type EndpointStore = ReturnType<typeof createEndpointStore>;
