import type { Conversation, CreateConversation } from "../../contract/conversations.ts";
import { Refusal } from "../../contract/errors.ts";
import type { InputItem, Item } from "../../contract/response-items.ts";
import type { ListItems } from "../../contract/responses.ts";
import type { Clock } from "../platform/clock.ts";
import { newConversationId } from "../platform/ids.ts";
import type { ConversationRow, ConversationStore } from "./conversation-store.ts";
import { toItems } from "./item.ts";
import { noSuchItem, pageOfItems, readItem } from "./item-page.ts";

type Needs = {
  store: ConversationStore;
  /** An item by its id, wherever the project has it. */
  findItem: (projectId: string, id: string) => Promise<Item | undefined>;
  now: Clock;
};

/** Far over what any context holds; each response in it reads them all. */
export const MOST_CONVERSATION_ITEMS = 10_000;

const present = (row: ConversationRow): Conversation => ({
  id: row.id,
  object: "conversation",
  created_at: row.created_at,
  metadata: JSON.parse(row.metadata),
});

const noSuchConversation = (id: string, param: string) =>
  new Refusal("conversation_not_found", `Conversation with id '${id}' not found.`, param);

export function createConversations({ store, findItem, now }: Needs) {
  async function getRow(projectId: string, id: string, param = "conversation_id"): Promise<ConversationRow> {
    const row = await store.find(projectId, id);
    if (!row) throw noSuchConversation(id, param);
    return row;
  }

  const checked = (projectId: string, inputs: readonly InputItem[], known: ReadonlySet<string>) =>
    toItems(inputs, { find: (id) => findItem(projectId, id), known, name: "items" });

  async function create(projectId: string, request: CreateConversation): Promise<Conversation> {
    const items = await checked(projectId, request.items ?? [], new Set());
    const row = {
      id: newConversationId(),
      project_id: projectId,
      created_at: now(),
      metadata: JSON.stringify(request.metadata ?? {}),
    };
    await store.insert(row, items);
    return present({ ...row, seq: 0 });
  }

  async function assertRoom(id: string, param: string): Promise<void> {
    if ((await store.countItems(id)) < MOST_CONVERSATION_ITEMS) return;
    throw new Refusal(
      "conversation_full",
      `Conversation ${id} holds ${MOST_CONVERSATION_ITEMS} items already: go on in a new one.`,
      param,
    );
  }

  async function addItems(projectId: string, id: string, inputs: readonly InputItem[]) {
    await getRow(projectId, id);
    await assertRoom(id, "items");
    const known = new Set((await store.allItems(id)).map((row) => row.id));
    const items = await checked(projectId, inputs, known);
    await store.append(id, items);
    const [first, last] = [items[0]?.id ?? "", items.at(-1)?.id ?? ""];
    return { object: "list" as const, data: items, has_more: false, first_id: first, last_id: last };
  }

  async function getItem(projectId: string, id: string, itemId: string): Promise<Item> {
    await getRow(projectId, id);
    const row = await store.findItem(id, itemId);
    if (!row) throw noSuchItem(itemId, "item_id");
    return readItem(row);
  }

  async function removeItem(projectId: string, id: string, itemId: string): Promise<Conversation> {
    const row = await getRow(projectId, id);
    if (!(await store.removeItem(id, itemId))) throw noSuchItem(itemId, "item_id");
    return present(row);
  }

  async function update(projectId: string, id: string, metadata: Conversation["metadata"]) {
    const row = await store.setMetadata(projectId, id, JSON.stringify(metadata));
    if (!row) throw noSuchConversation(id, "conversation_id");
    return present(row);
  }

  async function remove(projectId: string, id: string) {
    if (!(await store.remove(projectId, id))) throw noSuchConversation(id, "conversation_id");
    return { id, object: "conversation.deleted" as const, deleted: true };
  }

  return {
    create,
    update,
    remove,
    addItems,
    getItem,
    removeItem,
    get: async (projectId: string, id: string) => present(await getRow(projectId, id)),
    async listItems(projectId: string, id: string, page: ListItems) {
      await getRow(projectId, id);
      return await pageOfItems(
        page,
        (itemId) => store.findItem(id, itemId),
        (range) => store.listItems(id, range),
      );
    },
    /** Refuses a response in one that is not there, or full. */
    async assertOpen(projectId: string, id: string): Promise<void> {
      await getRow(projectId, id, "conversation");
      await assertRoom(id, "conversation");
    },
    /** What a response in it is told before its own input. */
    async contextOf(projectId: string, id: string): Promise<Item[]> {
      await getRow(projectId, id, "conversation");
      return (await store.allItems(id)).map(readItem);
    },
  };
}
export type Conversations = ReturnType<typeof createConversations>;
