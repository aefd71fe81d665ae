import type { NamedPage } from "../../contract/common.ts";
import { Refusal } from "../../contract/errors.ts";
import type { Item } from "../../contract/response-items.ts";
import type { ListItems } from "../../contract/responses.ts";

export type ItemRow = { readonly seq: number; readonly id: string; readonly item: string };
export type ItemRange = {
  readonly limit: number;
  readonly order: "asc" | "desc";
  readonly afterSeq: number | null;
};

/** Stored by this server, from items that were checked. */
export const readItem = (row: Pick<ItemRow, "item">): Item => JSON.parse(row.item);

export const noSuchItem = (id: string, param: string) =>
  new Refusal("item_not_found", `There is no item ${id}.`, param);

type ItemsPage = Omit<NamedPage<Item>, "first_id" | "last_id"> & { first_id: string; last_id: string };

/** OpenAI's schema has strings for the ids of an empty page, too. */
export async function pageOfItems(
  { limit, order, after }: ListItems,
  find: (id: string) => Promise<{ seq: number } | undefined>,
  list: (range: ItemRange) => Promise<ItemRow[]>,
): Promise<ItemsPage> {
  const place = after === undefined ? null : await find(after);
  if (after !== undefined && !place) throw noSuchItem(after, "after");
  const rows = await list({ limit: limit + 1, order, afterSeq: place?.seq ?? null });
  const data = rows.slice(0, limit).map(readItem);
  return {
    object: "list",
    data,
    has_more: rows.length > limit,
    first_id: data[0]?.id ?? "",
    last_id: data.at(-1)?.id ?? "",
  };
}
