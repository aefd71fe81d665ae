import type { Item } from "../../contract/response-items.ts";
import type { ResponseObject, StreamEvent } from "../../contract/responses.ts";
import type { ConversationLocks } from "./conversation-locks.ts";
import type { EventLog } from "./event-log.ts";
import { endEvent } from "./output-events.ts";
import type { ResponseStore } from "./response-store.ts";

type Needs = {
  store: Pick<ResponseStore, "end">;
  eventLog: Pick<EventLog, "push" | "takeUnsaved" | "end">;
  locks: ConversationLocks;
};

/** What a conversation keeps of a response: the whole turn, or nothing of one that came to nothing. */
export const turnOf = ({ status, output }: ResponseObject, input: readonly Item[]): Item[] =>
  status === "completed" || status === "incomplete" ? [...input, ...output] : [];

/** Ends responses whose events are logged: stored first, then told. */
export function createEndings({ store, eventLog, locks }: Needs) {
  async function end(
    response: ResponseObject,
    input: readonly Item[],
    conversationId: string | null,
  ): Promise<StreamEvent> {
    const last = eventLog.push(response.id, endEvent(response));
    const events = eventLog.takeUnsaved(response.id);
    try {
      await store.end({ response, events, turn: turnOf(response, input) });
    } finally {
      locks.release(conversationId, response.id);
      eventLog.end(response.id);
    }
    return last;
  }
  return { end };
}
export type Endings = ReturnType<typeof createEndings>;
