import { type ChatRequest, EngineChunk, EngineCompletion } from "../../contract/chat.ts";
import { Refusal } from "../../contract/errors.ts";
import type { Target } from "../models/models.ts";
import type { Clock } from "../platform/clock.ts";
import { DONE_EVENT, eventOf, readEventData } from "../platform/event-stream.ts";
import { newChatCompletionId } from "../platform/ids.ts";
import type { Log } from "../platform/log.ts";
import { merge } from "../platform/merge.ts";
import { type Head, presentChunk, presentCompletion, presentUsageChunk, type Usage } from "./completion.ts";
import { type EngineReply, openStream, readAnswer } from "./engine-answer.ts";
import { engineRequest } from "./engine-request.ts";

type Needs = {
  resolve: (projectId: string, model: string) => Promise<Target>;
  send: (target: Target, body: Record<string, unknown>, signal: AbortSignal) => Promise<EngineReply>;
  now: Clock;
  log: Log;
};

type Part = { readonly index: number; readonly chunk: EngineChunk };

async function* chunksOf(source: AsyncIterable<Uint8Array>, index: number): AsyncGenerator<Part> {
  for await (const data of readEventData(source)) {
    if (data === "[DONE]") return;
    const parsed = EngineChunk.safeParse(JSON.parse(data));
    if (!parsed.success) throw new Error("The engine's stream ended with an error.");
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

  const sendAll = (target: Target, request: ChatRequest, signal: AbortSignal) =>
    Promise.all(indexes(request).map((index) => send(target, engineRequest(request, index), signal)));

  async function complete(projectId: string, request: ChatRequest, signal: AbortSignal) {
    const target = await resolve(projectId, request.model);
    const replies = await sendAll(target, request, signal);
    const answers = await Promise.all(replies.map((reply) => readAnswer(reply, EngineCompletion)));
    return presentCompletion(newHead(target.model), answers);
  }

  async function* events(
    head: Head,
    sources: AsyncIterable<Uint8Array>[],
    withUsage: boolean,
  ): AsyncGenerator<Uint8Array> {
    const usage: Usage[] = [];
    try {
      for await (const { index, chunk } of merge(sources.map(chunksOf))) {
        if (chunk.usage) usage.push(chunk.usage);
        if (chunk.choices.length > 0) yield eventOf(presentChunk(head, index, chunk, withUsage));
      }
      if (withUsage) yield eventOf(presentUsageChunk(head, usage));
      yield DONE_EVENT;
    } catch (error) {
      log.warn({ completionId: head.id, err: error }, "a stream broke off");
      yield eventOf(brokenOff.body);
    }
  }

  /** Begins once every choice's engine has: until then a failure is an ordinary refusal. */
  async function stream(projectId: string, request: ChatRequest, signal: AbortSignal) {
    const target = await resolve(projectId, request.model);
    const replies = await sendAll(target, request, signal);
    const sources = await Promise.all(replies.map(openStream));
    return events(newHead(target.model), sources, request.stream_options?.include_usage ?? false);
  }

  return { complete, stream };
}
export type Chat = ReturnType<typeof createChat>;
