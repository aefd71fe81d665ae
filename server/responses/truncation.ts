import type { Item } from "../../contract/response-items.ts";

const isInstruction = (item: Item) =>
  item.type === "message" && (item.role === "system" || item.role === "developer");

const isUser = (item: Item) => item.type === "message" && item.role === "user";

/** Whether an item begins anew: a question, or what the model says after the output of its calls. */
function beginsUnit(item: Item, before: Item | undefined): boolean {
  if (item.type === "function_call_output" || isInstruction(item)) return false;
  return isUser(item) || before === undefined || before.type === "function_call_output";
}

/** Items that are dropped together, in order. Calls stay with their outputs. */
function unitsOf(items: readonly Item[]): Item[][] {
  const units: Item[][] = [];
  for (const [index, item] of items.entries()) {
    const last = units.at(-1);
    if (last && !beginsUnit(item, items[index - 1])) last.push(item);
    else units.push([item]);
  }
  return units;
}

/** Without the outputs of calls that are gone. */
function withoutOrphans(items: readonly Item[]): Item[] {
  const calls = new Set(items.flatMap((item) => (item.type === "function_call" ? [item.call_id] : [])));
  return items.filter((item) => item.type !== "function_call_output" || calls.has(item.call_id));
}

/**
 * What is left after dropping the `count` oldest units; null: there are not so many to drop. System and developer
 * messages stay, as do the last question and the last unit.
 */
function dropped(items: readonly Item[], count: number): Item[] | null {
  const spoken = items.filter((item) => !isInstruction(item));
  const units = unitsOf(spoken);
  const question = units.findLastIndex((unit) => unit.some(isUser));
  const droppable = units.filter((_, index) => index !== question && index !== units.length - 1);
  if (count > droppable.length) return null;
  const gone = new Set(droppable.slice(0, count).flat());
  return withoutOrphans(items.filter((item) => !gone.has(item)));
}

/** The items without the fewest of the oldest that make them fit; null: even the last question does not. */
export async function fitItems(
  items: readonly Item[],
  limit: number,
  countTokens: (items: readonly Item[]) => Promise<number>,
): Promise<Item[] | null> {
  const fits = async (count: number) => {
    const left = dropped(items, count);
    return left === null || (await countTokens(left)) <= limit;
  };
  let [least, most] = [0, items.length];
  while (least < most) {
    const middle = Math.floor((least + most) / 2);
    if (await fits(middle)) most = middle;
    else least = middle + 1;
  }
  const left = dropped(items, least);
  return left !== null && (await countTokens(left)) <= limit ? left : null;
}
