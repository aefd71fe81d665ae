import type { ChatRequest } from "../../contract/chat.ts";
import type { Metadata, NamedPage } from "../../contract/common.ts";
import { Refusal } from "../../contract/errors.ts";
import type { ListStored, ListStoredMessages } from "../../contract/stored-completions.ts";
import { type Completion, presentMessages, presentStored, storedRow } from "./stored-completion.ts";
import type { StoredCompletionStore, StoredRow } from "./stored-completion-store.ts";

type List = ListStored & { readonly metadata: Readonly<Record<string, string>> };

const notFound = (id: string, param: string | null = null) =>
  new Refusal(
    "completion_not_found",
    `No stored chat completion ${id}. Only those made with \`store: true\` are kept, each for its own project.`,
    param,
  );

function pageOf<Item extends { id: string }>(data: Item[], hasMore: boolean): NamedPage<Item> {
  const ends = { first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
  return { object: "list", data, ...ends, has_more: hasMore };
}

/** Chat completions that their callers asked to keep. */
export function createStoredCompletions(store: StoredCompletionStore) {
  async function getRow(projectId: string, id: string, param: string | null = null): Promise<StoredRow> {
    const row = await store.find(projectId, id);
    if (!row) throw notFound(id, param);
    return row;
  }

  const save = (projectId: string, request: ChatRequest, completion: Completion) =>
    store.insert(storedRow(projectId, request, completion));

  async function list(projectId: string, { after, ...page }: List) {
    const before = after === undefined ? null : await getRow(projectId, after, "after");
    const rows = await store.list(projectId, { ...page, model: page.model, afterSeq: before?.seq ?? null });
    return pageOf(rows.slice(0, page.limit).map(presentStored), rows.length > page.limit);
  }

  async function messages(projectId: string, id: string, { after, limit, order }: ListStoredMessages) {
    const all = presentMessages(await getRow(projectId, id));
    if (order === "desc") all.reverse();
    const place = after === undefined ? -1 : all.findIndex((message) => message.id === after);
    if (after !== undefined && place < 0)
      throw new Refusal("completion_not_found", `${id} has no message ${after}.`, "after");
    const rest = all.slice(place + 1);
    return pageOf(rest.slice(0, limit), rest.length > limit);
  }

  async function update(projectId: string, id: string, metadata: Metadata | null) {
    const row = await store.update(projectId, id, JSON.stringify(metadata ?? {}));
    if (!row) throw notFound(id);
    return presentStored(row);
  }

  async function remove(projectId: string, id: string) {
    if (!(await store.remove(projectId, id))) throw notFound(id);
    return { object: "chat.completion.deleted" as const, id, deleted: true };
  }

  const get = async (projectId: string, id: string) => presentStored(await getRow(projectId, id));

  return { save, list, get, messages, update, remove };
}
export type StoredCompletions = ReturnType<typeof createStoredCompletions>;
