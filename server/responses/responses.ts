import { Refusal } from "../../contract/errors.ts";
import type { OutputItem } from "../../contract/response-items.ts";
import type {
  CreateResponse,
  ListItems,
  PromptRequest,
  ResponseObject,
  StreamEvent,
} from "../../contract/responses.ts";
import type { Conversations } from "../conversations/conversations.ts";
import { pageOfItems, readItem } from "../conversations/item-page.ts";
import { answeringModel } from "../generation/answering-model.ts";
import type { Asking } from "../generation/metered.ts";
import type { Target } from "../models/models.ts";
import type { Clock } from "../platform/clock.ts";
import { newResponseId } from "../platform/ids.ts";
import { assertPrompt, assertTogether } from "./assert-request.ts";
import type { Background } from "./background.ts";
import type { ContextOf } from "./context.ts";
import type { ConversationLocks } from "./conversation-locks.ts";
import type { EventLog } from "./event-log.ts";
import type { Asked, Foreground } from "./foreground.ts";
import type { Asker, Generator } from "./generator.ts";
import { replayedEvents } from "./output-events.ts";
import { conversationIdOf, newResponse } from "./response.ts";
import type { ResponseRow, ResponseStore } from "./response-store.ts";
import { isOpen, readResponse } from "./row.ts";

type Needs = {
  store: ResponseStore;
  resolve: (projectId: string, model: string) => Promise<Target>;
  context: ContextOf;
  generator: Generator;
  foreground: Foreground;
  background: Background;
  eventLog: EventLog;
  conversations: Pick<Conversations, "assertOpen">;
  locks: ConversationLocks;
  now: Clock;
};

/** What is asked of the server meanwhile waits for one round. */
const MOST_REMOVED_AT_ONCE = 200;

const noSuchResponse = (id: string) =>
  new Refusal("response_not_found", `Response with id '${id}' not found.`, "response_id");

const notCancellable = (text: string) => new Refusal("response_not_cancellable", text, "response_id");

const isOutput = (item: { type: string; role?: string }): item is OutputItem =>
  item.type === "function_call" || (item.type === "message" && item.role === "assistant");

export function createResponses(needs: Needs) {
  const { store, context, generator, foreground, background, eventLog, conversations, locks } = needs;

  async function getRow(projectId: string, id: string): Promise<ResponseRow> {
    const row = await store.find(projectId, id);
    if (!row) throw noSuchResponse(id);
    return row;
  }

  async function present(row: ResponseRow): Promise<ResponseObject> {
    return readResponse(row, (await store.itemsOf(row.id, "output")).map(readItem).filter(isOutput));
  }

  /** Held before it is read: what is said in it meanwhile would be missing. */
  async function hold(projectId: string, conversationId: string | null, id: string): Promise<void> {
    if (conversationId === null) return;
    await conversations.assertOpen(projectId, conversationId);
    locks.take(conversationId, id);
  }

  /** Finds the model and all that it is to be told. Whoever gets it creates or streams it. */
  async function open(asker: Asker, request: CreateResponse, { meter, admit }: Asking): Promise<Asked> {
    assertTogether(request);
    const target = await needs.resolve(asker.projectId, request.model);
    meter.resolved(answeringModel(target));
    admit(target);
    const id = newResponseId();
    const conversation = conversationIdOf(request);
    await hold(asker.projectId, conversation, id);
    try {
      const told = await context.gather(asker.projectId, request);
      const items = context.joined(told);
      const response = newResponse(request, { id, model: target.model, now: needs.now() });
      return { question: { asker, target, request, items, meter }, response, input: told.input };
    } catch (error) {
      locks.release(conversation, id);
      throw error;
    }
  }

  /** In the background it is answered as it is queued. */
  async function create(asked: Asked, signal: AbortSignal): Promise<ResponseObject> {
    if (!asked.question.request.background) return await foreground.complete(asked, signal);
    await background.create(asked);
    return asked.response;
  }

  /** One in the background goes on without its reader. */
  async function stream(asked: Asked, signal: AbortSignal): Promise<AsyncGenerator<StreamEvent>> {
    if (!asked.question.request.background) return await foreground.stream(asked, signal);
    await background.create(asked);
    return eventLog.follow(asked.response.id, -1, signal);
  }

  async function* replay(response: ResponseObject, after: number): AsyncGenerator<StreamEvent> {
    yield* replayedEvents(response).filter((event) => event.sequence_number > after);
  }

  /** The stream again, from the event after `after`. */
  async function streamAgain(projectId: string, id: string, after: number, signal: AbortSignal) {
    const row = await getRow(projectId, id);
    return row.has_events ? eventLog.follow(id, after, signal) : replay(await present(row), after);
  }

  async function cancel(projectId: string, id: string): Promise<ResponseObject> {
    const row = await getRow(projectId, id);
    if (!row.is_background) throw notCancellable("Cannot cancel a synchronous response.");
    if (isOpen(row)) await background.cancel(row);
    const now = await getRow(projectId, id);
    if (now.status !== "cancelled")
      throw notCancellable(`Cannot cancel a response that has ended: it is ${now.status}.`);
    return await present(now);
  }

  async function remove(projectId: string, id: string) {
    const row = await getRow(projectId, id);
    if (row.is_background && isOpen(row)) await background.cancel(row);
    if (!(await store.remove(projectId, id))) throw noSuchResponse(id);
    return { id, object: "response" as const, deleted: true };
  }

  async function listInput(projectId: string, id: string, page: ListItems) {
    await getRow(projectId, id);
    return await pageOfItems(
      page,
      (itemId) => store.findInputItem(id, itemId),
      (range) => store.listInputItems(id, range),
    );
  }

  async function countInput(projectId: string, request: PromptRequest, signal: AbortSignal) {
    assertPrompt(request);
    const target = await needs.resolve(projectId, request.model);
    const items = context.joined(await context.gather(projectId, request));
    const tokens = await generator.countInput({ target, request, items }, signal);
    return { object: "response.input_tokens" as const, input_tokens: tokens };
  }

  async function expire(): Promise<void> {
    // A chain goes from its newest end.
    while ((await store.removeExpired(needs.now(), MOST_REMOVED_AT_ONCE)) > 0);
  }

  return {
    open,
    create,
    stream,
    streamAgain,
    cancel,
    remove,
    listInput,
    countInput,
    expire,
    get: async (projectId: string, id: string) => await present(await getRow(projectId, id)),
  };
}
export type Responses = ReturnType<typeof createResponses>;
