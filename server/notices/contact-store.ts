import type { Selectable } from "kysely";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";
import { callOff } from "./mail-store.ts";

export type ContactRow = Selectable<Tables["notice_contacts"]>;

export const createContactStore = (db: Database) => ({
  /** Refuses one that is there already, and one more than `limit`. */
  insertContact: (
    contact: Omit<ContactRow, "seq">,
    limit: number,
  ): Promise<"added" | "exists" | "too_many"> =>
    db.transaction().execute(async (trx) => {
      const { numInsertedOrUpdatedRows } = await trx
        .insertInto("notice_contacts")
        .values(contact)
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst();
      if (numInsertedOrUpdatedRows !== 1n) return "exists";
      const { count } = await trx
        .selectFrom("notice_contacts")
        .select((select) => select.fn.countAll<number>().as("count"))
        .where("organization_id", "=", contact.organization_id)
        .executeTakeFirstOrThrow();
      if (count <= limit) return "added";
      await trx.deleteFrom("notice_contacts").where("id", "=", contact.id).execute();
      return "too_many";
    }),

  findContact: (organizationId: string, id: string) =>
    db
      .selectFrom("notice_contacts")
      .selectAll()
      .where("organization_id", "=", organizationId)
      .where("id", "=", id)
      .executeTakeFirst(),

  /** Newest first; one row more than `limit`. */
  listContacts: (
    organizationId: string,
    page: { limit: number; beforeSeq: number | null },
  ): Promise<ContactRow[]> =>
    db
      .selectFrom("notice_contacts")
      .selectAll()
      .where("organization_id", "=", organizationId)
      .$if(page.beforeSeq !== null, (rows) => rows.where("seq", "<", page.beforeSeq ?? 0))
      .orderBy("seq", "desc")
      .limit(page.limit + 1)
      .execute(),

  /** With what waits to be sent to it. */
  deleteContact: ({ id, organization_id: organizationId, email }: ContactRow, now: number) =>
    db.transaction().execute(async (trx) => {
      await trx.deleteFrom("notice_contacts").where("id", "=", id).execute();
      await callOff(trx, { organizationId, email, now });
    }),
});
export type ContactStore = ReturnType<typeof createContactStore>;
