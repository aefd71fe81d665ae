import type { Config } from "./config.ts";
import { createConversationStore } from "./conversations/conversation-store.ts";
import { createConversations } from "./conversations/conversations.ts";
import { readItem } from "./conversations/item-page.ts";
import type { Database } from "./database/database.ts";
import type { EngineReply } from "./generation/engine-answer.ts";
import type { Target } from "./models/models.ts";
import type { Clock } from "./platform/clock.ts";
import type { Log } from "./platform/log.ts";
import { createBackground } from "./responses/background.ts";
import { createContext } from "./responses/context.ts";
import { createConversationLocks } from "./responses/conversation-locks.ts";
import { createEndings } from "./responses/endings.ts";
import { createEventLog } from "./responses/event-log.ts";
import { createForeground } from "./responses/foreground.ts";
import { createGenerator } from "./responses/generator.ts";
import { createResponseStore } from "./responses/response-store.ts";
import { createResponses } from "./responses/responses.ts";
import type { Usage } from "./usage/usage.ts";

/** What a prompt is made of; `settings` is what else its template may write. */
export type RenderedPrompt = {
  readonly messages: readonly object[];
  readonly tools: readonly object[] | null;
  readonly settings?: Readonly<Record<string, unknown>>;
};

type Needs = {
  config: Config;
  db: Database;
  now: Clock;
  log: Log;
  resolve: (projectId: string, model: string) => Promise<Target>;
  serving: {
    chat(target: Target, body: Record<string, unknown>, signal: AbortSignal): Promise<EngineReply>;
    renderPrompt(target: Target, prompt: RenderedPrompt, signal: AbortSignal): Promise<readonly number[]>;
  };
  usage: Usage;
  deprecationsPage: string;
};

const DAY_SECONDS = 86_400;

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;
const objectsIn = (value: unknown): readonly object[] | null =>
  Array.isArray(value) ? value.filter(isObject) : null;

/** The part of a chat request that its prompt is made from. */
function promptOf({
  messages,
  tools,
  tool_choice,
  parallel_tool_calls,
  response_format,
}: Record<string, unknown>) {
  const settings = Object.entries({ tool_choice, parallel_tool_calls, response_format });
  return {
    messages: objectsIn(messages) ?? [],
    tools: objectsIn(tools),
    settings: Object.fromEntries(settings.filter(([, value]) => value !== undefined)),
  };
}

/** Responses and conversations; `recover` takes up those that a stop or a crash interrupted. */
export function assembleResponses({
  config,
  db,
  now,
  log,
  resolve,
  serving,
  usage,
  deprecationsPage,
}: Needs) {
  const store = createResponseStore(db);
  const conversationStore = createConversationStore(db);
  const findItem = async (projectId: string, id: string) => {
    const row =
      (await store.findAnyItem(projectId, id)) ?? (await conversationStore.findAnyItem(projectId, id));
    return row && readItem(row);
  };
  const conversations = createConversations({ store: conversationStore, findItem, now });
  const context = createContext({ store, conversations, findItem });
  const eventLog = createEventLog({ store, log });
  const locks = createConversationLocks();
  const endings = createEndings({ store, eventLog, locks });
  const generator = createGenerator({
    send: serving.chat,
    countPrompt: async (target, body, signal) =>
      (await serving.renderPrompt(target, promptOf(body), signal)).length,
    deprecationsPage,
    now,
    log,
  });
  const days = config.PERENNIAL_RESPONSE_DAYS;
  const making = {
    store,
    generator,
    eventLog,
    endings,
    locks,
    keepSeconds: days === 0 ? null : days * DAY_SECONDS,
  };
  const foreground = createForeground(making);
  const background = createBackground({
    ...making,
    resolve,
    context,
    usage,
    // The other half is for those who wait for their answers.
    places: Math.max(1, Math.floor(config.PERENNIAL_ENGINE_SLOTS / 2)),
    log,
  });
  const responses = createResponses({
    ...making,
    conversations,
    resolve,
    context,
    foreground,
    background,
    now,
  });
  return {
    responses,
    conversations,
    recover: background.recover,
    /** Begins to make those that nobody waits for. */
    wake: background.wake,
    async [Symbol.asyncDispose]() {
      await background[Symbol.asyncDispose]();
      await eventLog[Symbol.asyncDispose]();
    },
  };
}
