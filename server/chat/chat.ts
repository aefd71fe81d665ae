import { type ChatRequest, EngineChunk, EngineCompletion } from "../../contract/chat.ts";
import { Refusal } from "../../contract/errors.ts";
import type { Target } from "../models/models.ts";
import type { Clock } from "../platform/clock.ts";
import { DONE_EVENT, eventOf, readEventData } from "../platform/event-stream.ts";
import { newChatCompletionId } from "../platform/ids.ts";
import type { Log } from "../platform/log.ts";
import { merge } from "../platform/merge.ts";
import { type ChoiceGroup, createChoiceGroup } from "./choice-group.ts";
import { type Head, presentChunk, presentCompletion, presentUsageChunk, type Usage } from "./completion.ts";
import { type EngineReply, openStream, readAnswer } from "./engine-answer.ts";
import { engineRequest } from "./engine-request.ts";

type Needs = {
  resolve: (projectId: string, model: string) => Promise<Target>;
  send: (target: Target, body: Record<string, unknown>, signal: AbortSignal) => Promise<EngineReply>;
  now: Clock;
  log: Log;
};

type Question = { readonly target: Target; readonly request: ChatRequest; readonly group: ChoiceGroup };
type Part = { readonly index: number; readonly chunk: EngineChunk };

async function* chunksOf(source: AsyncIterable<Uint8Array>, index: number): AsyncGenerator<Part> {
  let hasAnswered = false;
  for await (const data of readEventData(source)) {
    if (data === "[DONE]" && hasAnswered) return;
    if (data === "[DONE]") break;
    const parsed = EngineChunk.safeParse(JSON.parse(data));
    if (!parsed.success) throw new Error("The engine's stream ended with an error.");
    hasAnswered ||= parsed.data.choices.length > 0;
    yield { index, chunk: parsed.data };
  }
  throw new Error("The engine's stream ended before it was done.");
}

const brokenOff = new Refusal(
  "engine_unavailable",
  "The model's engine stopped in the middle of the answer. Try again.",
);

export function createChat({ resolve, send, now, log }: Needs) {
  const indexes = (request: ChatRequest) => Array.from({ length: request.n ?? 1 }, (_, index) => index);

  const newHead = (model: string): Head => ({ id: newChatCompletionId(), created: now(), model });

  /** Asks for every choice at once; `read` takes each reply. */
  function askAll<Answer>(
    { target, request, group }: Question,
    read: (reply: EngineReply) => Promise<Answer>,
  ): Promise<Answer[]> {
    const ask = async (index: number) =>
      await read(await send(target, engineRequest(request, index), group.signal));
    return group.all(indexes(request).map(ask));
  }

  async function complete(projectId: string, request: ChatRequest, signal: AbortSignal) {
    const target = await resolve(projectId, request.model);
    const question = { target, request, group: createChoiceGroup(signal) };
    const answers = await askAll(question, (reply) => readAnswer(reply, EngineCompletion));
    return presentCompletion(newHead(target.model), answers);
  }

  async function* events(
    head: Head,
    parts: readonly AsyncGenerator<Part>[],
    withUsage: boolean,
  ): AsyncGenerator<Uint8Array> {
    const usage: Usage[] = [];
    for await (const { index, chunk } of merge(parts)) {
      if (chunk.usage) usage.push(chunk.usage);
      if (chunk.choices.length > 0) yield eventOf(presentChunk(head, index, chunk, withUsage));
    }
    if (withUsage) yield eventOf(presentUsageChunk(head, usage));
    yield DONE_EVENT;
  }

  /** What goes wrong once an answer has begun is its last event. */
  async function* explained(
    completionId: string,
    sent: AsyncGenerator<Uint8Array>,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    try {
      yield* sent;
    } catch (err) {
      if (signal.aborted) return log.info({ completionId }, "the client left a stream");
      log.warn({ completionId, err }, "a stream broke off");
      yield eventOf(brokenOff.body);
    }
  }

  /** Begins once every choice's engine has: until then a failure is an ordinary refusal. */
  async function stream(projectId: string, request: ChatRequest, signal: AbortSignal) {
    const target = await resolve(projectId, request.model);
    const head = newHead(target.model);
    const group = createChoiceGroup(signal);
    const sources = await askAll({ target, request, group }, openStream);
    const parts = sources.map((source, index) => group.guard(chunksOf(source, index)));
    const sent = events(head, parts, request.stream_options?.include_usage ?? false);
    return explained(head.id, sent, signal);
  }

  return { complete, stream };
}
export type Chat = ReturnType<typeof createChat>;
