import { type Selectable, sql, type Transaction } from "kysely";
import type { Item } from "../../contract/response-items.ts";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";
import type { ItemRange } from "./item-page.ts";

export type ConversationRow = Selectable<Tables["conversations"]>;

const rowsOf = (conversationId: string, items: readonly Item[]) =>
  items.map((item) => ({ id: item.id, conversation_id: conversationId, item: JSON.stringify(item) }));

/** Appends to a conversation, if it is still there; what it has by that id stays as it is. */
export async function appendItems(
  trx: Transaction<Tables>,
  conversationId: string,
  items: readonly Item[],
): Promise<void> {
  const found = trx.selectFrom("conversations").select("seq").where("id", "=", conversationId);
  if (items.length === 0 || !(await found.executeTakeFirst())) return;
  await trx
    .insertInto("conversation_items")
    .values(rowsOf(conversationId, items))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export const createConversationStore = (db: Database) => {
  const ofProject = (projectId: string, id: string) =>
    db.selectFrom("conversations").selectAll().where("project_id", "=", projectId).where("id", "=", id);
  const itemsOf = (conversationId: string) =>
    db.selectFrom("conversation_items").selectAll().where("conversation_id", "=", conversationId);

  return {
    insert: (row: Omit<ConversationRow, "seq">, items: readonly Item[]) =>
      db.transaction().execute(async (trx) => {
        await trx.insertInto("conversations").values(row).execute();
        await appendItems(trx, row.id, items);
      }),

    find: (projectId: string, id: string) => ofProject(projectId, id).executeTakeFirst(),

    setMetadata: (projectId: string, id: string, metadata: string) =>
      db
        .updateTable("conversations")
        .set({ metadata })
        .where("project_id", "=", projectId)
        .where("id", "=", id)
        .returningAll()
        .executeTakeFirst(),

    /** Its items go with it. */
    remove: (projectId: string, id: string) =>
      db
        .deleteFrom("conversations")
        .where("project_id", "=", projectId)
        .where("id", "=", id)
        .returning("id")
        .executeTakeFirst(),

    append: (conversationId: string, items: readonly Item[]) =>
      db.transaction().execute((trx) => appendItems(trx, conversationId, items)),

    findItem: (conversationId: string, id: string) =>
      itemsOf(conversationId).where("id", "=", id).executeTakeFirst(),

    /** By its id alone, in any conversation of the project. */
    findAnyItem: (projectId: string, id: string) =>
      db
        .selectFrom("conversation_items")
        .innerJoin("conversations", "conversations.id", "conversation_items.conversation_id")
        .select(["conversation_items.item"])
        .where("conversations.project_id", "=", projectId)
        .where("conversation_items.id", "=", id)
        .executeTakeFirst(),

    listItems(conversationId: string, { limit, order, afterSeq }: ItemRange) {
      let rows = itemsOf(conversationId);
      if (afterSeq !== null) rows = rows.where("seq", order === "asc" ? ">" : "<", afterSeq);
      return rows.orderBy("seq", order).limit(limit).execute();
    },

    allItems: (conversationId: string) => itemsOf(conversationId).orderBy("seq").execute(),

    countItems: async (conversationId: string): Promise<number> => {
      const row = await db
        .selectFrom("conversation_items")
        .select(sql<number>`count(*)`.as("count"))
        .where("conversation_id", "=", conversationId)
        .executeTakeFirstOrThrow();
      return row.count;
    },

    removeItem: (conversationId: string, id: string) =>
      db
        .deleteFrom("conversation_items")
        .where("conversation_id", "=", conversationId)
        .where("id", "=", id)
        .returning("id")
        .executeTakeFirst(),
  };
};
export type ConversationStore = ReturnType<typeof createConversationStore>;
