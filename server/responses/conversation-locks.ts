import { Refusal } from "../../contract/errors.ts";

/** One response at a time is made in a conversation: the next one has to know what this one says. */
export function createConversationLocks() {
  const holders = new Map<string, string>();
  return {
    /** null: it is in none. */
    take(conversationId: string | null, responseId: string): void {
      if (conversationId === null) return;
      if (holders.has(conversationId)) {
        throw new Refusal(
          "conversation_locked",
          "Another process is currently operating on this conversation. Please retry in a few seconds.",
          "conversation",
          1,
        );
      }
      holders.set(conversationId, responseId);
    },
    /** For one that had it before the server stopped. */
    hold(conversationId: string | null, responseId: string): void {
      if (conversationId !== null) holders.set(conversationId, responseId);
    },
    release(conversationId: string | null, responseId: string): void {
      if (conversationId !== null && holders.get(conversationId) === responseId)
        holders.delete(conversationId);
    },
  };
}
export type ConversationLocks = ReturnType<typeof createConversationLocks>;
