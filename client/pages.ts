import { z } from "zod";

/** A cursor page; some lists have no further pages and say nothing of them. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ object: z.literal("list"), data: z.array(item), has_more: z.boolean().default(false) });

type Page<Item> = { readonly data: readonly Item[]; readonly has_more: boolean };

/** Every item, page after page, until the reader stops. */
export async function* itemsOf<Item extends { id: string }>(
  read: (after: string | undefined) => Promise<Page<Item>>,
): AsyncGenerator<Item> {
  let after: string | undefined;
  for (;;) {
    const { data, has_more } = await read(after);
    yield* data;
    after = data.at(-1)?.id;
    if (!has_more || after === undefined) return;
  }
}

/** At most `limit` items, over as many pages as that takes. */
export async function take<Item>(items: AsyncIterable<Item>, limit: number): Promise<Item[]> {
  const taken: Item[] = [];
  if (limit <= 0) return taken;
  for await (const item of items) {
    taken.push(item);
    if (taken.length >= limit) break;
  }
  return taken;
}
