import { createChat } from "./chat/chat.ts";
import { createStoredCompletionStore } from "./chat/stored-completion-store.ts";
import { createStoredCompletions } from "./chat/stored-completions.ts";
import type { Database } from "./database/database.ts";

type Needs = Omit<Parameters<typeof createChat>[0], "save"> & { readonly db: Database };

/** Chat completions, and those that are kept. */
export function assembleChat({ db, ...needs }: Needs) {
  const storedCompletions = createStoredCompletions(createStoredCompletionStore(db));
  return { chat: createChat({ ...needs, save: storedCompletions.save }), storedCompletions };
}
