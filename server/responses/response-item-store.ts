import type { Transaction } from "kysely";
import type { Item } from "../../contract/response-items.ts";
import type { ItemRange } from "../conversations/item-page.ts";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";

export async function insertItems(
  trx: Transaction<Tables>,
  owner: { responseId: string; side: "input" | "output" },
  items: readonly Item[],
): Promise<void> {
  if (items.length === 0) return;
  const { responseId, side } = owner;
  const rows = items.map((item) => ({
    id: item.id,
    response_id: responseId,
    side,
    item: JSON.stringify(item),
  }));
  await trx.insertInto("response_items").values(rows).execute();
}

export const createItemReads = (db: Database) => ({
  itemsOf: (id: string, side: "input" | "output") =>
    db
      .selectFrom("response_items")
      .selectAll()
      .where("response_id", "=", id)
      .where("side", "=", side)
      .orderBy("seq")
      .execute(),

  /** Of several responses, each built on those before it: in the order in which they were said. */
  itemsOfAll: (ids: readonly string[]) =>
    db.selectFrom("response_items").selectAll().where("response_id", "in", ids).orderBy("seq").execute(),

  findInputItem: (responseId: string, id: string) =>
    db
      .selectFrom("response_items")
      .select("seq")
      .where("response_id", "=", responseId)
      .where("side", "=", "input")
      .where("id", "=", id)
      .executeTakeFirst(),

  listInputItems(responseId: string, { limit, order, afterSeq }: ItemRange) {
    let rows = db
      .selectFrom("response_items")
      .selectAll()
      .where("response_id", "=", responseId)
      .where("side", "=", "input");
    if (afterSeq !== null) rows = rows.where("seq", order === "asc" ? ">" : "<", afterSeq);
    return rows.orderBy("seq", order).limit(limit).execute();
  },

  /** By its id alone, in any response of the project. */
  findAnyItem: (projectId: string, id: string) =>
    db
      .selectFrom("response_items")
      .innerJoin("responses", "responses.id", "response_items.response_id")
      .select("response_items.item")
      .where("responses.project_id", "=", projectId)
      .where("response_items.id", "=", id)
      .executeTakeFirst(),
});
