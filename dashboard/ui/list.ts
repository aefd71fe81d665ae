import { take } from "../../client/pages.ts";

/** More than anybody reads; a list that long is searched at the command line. */
const MOST = 10_000;

export const collect = <Item>(items: AsyncIterable<Item>): Promise<Item[]> => take(items, MOST);
