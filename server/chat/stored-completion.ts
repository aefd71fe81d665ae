import { z } from "zod";
import type { ChatRequest } from "../../contract/chat.ts";
import type { presentCompletion } from "./completion.ts";
import type { StoredRow } from "./stored-completion-store.ts";

/** As loose as it can be: what was taken once is shown for good, whatever is asked of newer messages. */
const Content = z.union([z.string(), z.array(z.looseObject({ type: z.string() }))]).nullish();
const StoredMessages = z.array(z.looseObject({ role: z.string(), content: Content }));

export type Completion = ReturnType<typeof presentCompletion>;

/** What the answer was made with, under the names that OpenAI tells it by; unset ones as the defaults that they have. */
const presentParameters = (request: ChatRequest) => ({
  temperature: request.temperature ?? 1,
  top_p: request.top_p ?? 1,
  presence_penalty: request.presence_penalty ?? 0,
  frequency_penalty: request.frequency_penalty ?? 0,
  seed: request.seed ?? null,
  tools: request.tools ?? null,
  tool_choice: request.tool_choice ?? null,
  response_format: request.response_format ?? null,
  input_user: request.user ?? null,
});

export const storedRow = (
  projectId: string,
  request: ChatRequest,
  completion: Completion,
): Omit<StoredRow, "seq"> => ({
  id: completion.id,
  project_id: projectId,
  created_at: completion.created,
  model: completion.model,
  metadata: JSON.stringify(request.metadata ?? {}),
  messages: JSON.stringify(request.messages),
  completion: JSON.stringify({ ...completion, ...presentParameters(request) }),
});

export const presentStored = ({ id, completion, metadata }: StoredRow) => ({
  id,
  ...JSON.parse(completion),
  metadata: JSON.parse(metadata),
});

const partsOf = (content: z.infer<typeof Content>) =>
  Array.isArray(content) ? content.filter((part) => part.type === "text") : null;

/** A message of the request: text under `content`, a list of parts under `content_parts`. */
export function presentMessages({ id, messages }: StoredRow) {
  return StoredMessages.parse(JSON.parse(messages)).map((message, index) => ({
    refusal: null,
    name: null,
    ...message,
    content: typeof message.content === "string" ? message.content : null,
    content_parts: partsOf(message.content),
    id: `${id}-${index}`,
  }));
}
