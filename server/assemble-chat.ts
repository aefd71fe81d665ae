import { createChat } from "./chat/chat.ts";
import { createStoredCompletionStore } from "./chat/stored-completion-store.ts";
import { createStoredCompletions } from "./chat/stored-completions.ts";
import { createTextCompletions } from "./chat/text-completions.ts";
import type { Database } from "./database/database.ts";

type ChatNeeds = Parameters<typeof createChat>[0];
type TextNeeds = Parameters<typeof createTextCompletions>[0];
type Needs = Omit<ChatNeeds, "save" | "send"> & {
  readonly db: Database;
  readonly serving: {
    readonly chat: ChatNeeds["send"];
    readonly complete: TextNeeds["send"];
    readonly readPrompt: TextNeeds["readPrompt"];
  };
};

/** Chat completions, those that are kept, and the older completions. */
export function assembleChat({ db, serving, ...needs }: Needs) {
  const storedCompletions = createStoredCompletions(createStoredCompletionStore(db));
  const { readPrompt } = serving;
  return {
    chat: createChat({ ...needs, send: serving.chat, save: storedCompletions.save }),
    storedCompletions,
    textCompletions: createTextCompletions({ ...needs, send: serving.complete, readPrompt }),
  };
}
