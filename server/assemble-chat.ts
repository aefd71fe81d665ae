import { createChat } from "./chat/chat.ts";
import { chatQuestion, textQuestion } from "./chat/chat-questions.ts";
import { createStoredCompletionStore } from "./chat/stored-completion-store.ts";
import { createStoredCompletions } from "./chat/stored-completions.ts";
import { createTextCompletions } from "./chat/text-completions.ts";
import type { Database } from "./database/database.ts";
import type { Metering } from "./generation/metered.ts";
import type { Questions } from "./platform/question.ts";

type ChatNeeds = Parameters<typeof createChat>[0];
type TextNeeds = Parameters<typeof createTextCompletions>[0];
type Needs = Omit<ChatNeeds, "save" | "send"> & {
  readonly db: Database;
  readonly metering: Metering;
  readonly serving: {
    readonly chat: ChatNeeds["send"];
    readonly complete: TextNeeds["send"];
    readonly readPrompt: TextNeeds["readPrompt"];
  };
};

/** Chat completions, those that are kept, and the older completions. */
export function assembleChat({ db, serving, metering, ...needs }: Needs) {
  const storedCompletions = createStoredCompletions(createStoredCompletionStore(db));
  const { readPrompt } = serving;
  const chat = createChat({ ...needs, send: serving.chat, save: storedCompletions.save });
  const texts = createTextCompletions({ ...needs, send: serving.complete, readPrompt });
  const asked = { metering, deprecationsPage: needs.deprecationsPage };
  const questions: Questions = new Map([
    ["/v1/chat/completions", chatQuestion(chat, asked)],
    ["/v1/completions", textQuestion(texts, asked)],
  ]);
  return { questions, storedCompletions };
}
