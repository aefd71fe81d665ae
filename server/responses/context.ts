import { Refusal } from "../../contract/errors.ts";
import type { Item } from "../../contract/response-items.ts";
import type { PromptRequest } from "../../contract/responses.ts";
import type { Conversations } from "../conversations/conversations.ts";
import { toItems } from "../conversations/item.ts";
import { readItem } from "../conversations/item-page.ts";
import { conversationIdOf } from "./response.ts";
import type { ChainLink, ResponseStore } from "./response-store.ts";

type Needs = {
  store: Pick<ResponseStore, "listChain" | "itemsOfAll">;
  conversations: Pick<Conversations, "contextOf">;
  /** An item by its id, wherever the project has it. */
  findItem: (projectId: string, id: string) => Promise<Item | undefined>;
};

/** What a model is told: what was said before, and what is new. */
export type Context = { readonly earlier: readonly Item[]; readonly input: readonly Item[] };

const MOST_TURNS = 1000;
const PREVIOUS = "previous_response_id";

const refusePrevious = (text: string) => new Refusal("previous_response_not_found", text, PREVIOUS);

/** Never silently less than what was said. */
function assertWhole(id: string, chain: readonly ChainLink[]): void {
  const [newest, oldest] = [chain[0], chain.at(-1)];
  if (!newest || !oldest) throw refusePrevious(`Previous response with id '${id}' not found.`);
  if (newest.status !== "completed" && newest.status !== "incomplete") {
    const text = `Previous response with id '${id}' is ${newest.status}: only one that has ended well can be gone on from.`;
    throw new Refusal("invalid_value", text, PREVIOUS);
  }
  if (oldest.previous_id === null) return;
  if (chain.length < MOST_TURNS)
    throw refusePrevious(
      `Previous response with id '${id}' is built on ${oldest.previous_id}, which was deleted: send what is left of the conversation as input.`,
    );
  const text = `Previous response with id '${id}' ends a chain of more than ${MOST_TURNS} responses: go on in a conversation, or begin anew.`;
  throw new Refusal("invalid_value", text, PREVIOUS);
}

const callIds = (items: readonly Item[], type: "function_call" | "function_call_output") =>
  new Set(items.flatMap((item) => (item.type === type ? [item.call_id] : [])));

/** A call that was cut off in the middle was never made, unless somebody answers it. */
function withoutBrokenCalls({ earlier, input }: Context): Item[] {
  const answered = callIds([...earlier, ...input], "function_call_output");
  return earlier.filter(
    (item) => item.type !== "function_call" || item.status === "completed" || answered.has(item.call_id),
  );
}

/** Templates show a call and its output together. */
function assertPaired(items: readonly Item[]): void {
  const called = callIds(items, "function_call");
  const answered = callIds(items, "function_call_output");
  const unanswered = [...called].find((id) => !answered.has(id));
  if (unanswered !== undefined)
    throw new Refusal("invalid_value", `No tool output found for function call ${unanswered}.`, "input");
  const uncalled = [...answered].find((id) => !called.has(id));
  if (uncalled !== undefined)
    throw new Refusal(
      "invalid_value",
      `No tool call found for function call output with call_id ${uncalled}.`,
      "input",
    );
}

export function createContext({ store, conversations, findItem }: Needs) {
  async function chainOf(projectId: string, id: string): Promise<Item[]> {
    const chain = await store.listChain(projectId, id, MOST_TURNS);
    assertWhole(id, chain);
    return (await store.itemsOfAll(chain.map((link) => link.id))).map(readItem);
  }

  async function earlierOf(projectId: string, request: PromptRequest): Promise<Item[]> {
    if (request.previous_response_id) return await chainOf(projectId, request.previous_response_id);
    const conversation = conversationIdOf(request);
    return conversation === null ? [] : await conversations.contextOf(projectId, conversation);
  }

  async function gather(projectId: string, request: PromptRequest): Promise<Context> {
    const earlier = await earlierOf(projectId, request);
    const { input } = request;
    const inputs =
      typeof input === "string"
        ? [{ type: "message", role: "user", content: input } as const]
        : (input ?? []);
    // Of a conversation each item is kept once; turns before may be sent again.
    const known = new Set(request.conversation ? earlier.map(({ id }) => id) : []);
    const items = await toItems(inputs, { find: (id) => findItem(projectId, id), known, name: "input" });
    return { earlier, input: items };
  }

  /** All that the model is told, in order; refused where a template could not show it. */
  function joined(context: Context): Item[] {
    const items = [...withoutBrokenCalls(context), ...context.input];
    assertPaired(items);
    if (items.length > 0) return items;
    throw new Refusal(
      "missing_required_parameter",
      "One of 'input', 'previous_response_id' or 'conversation' must say something.",
      "input",
    );
  }

  return { gather, earlierOf, joined };
}
export type ContextOf = ReturnType<typeof createContext>;
