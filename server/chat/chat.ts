import { type ChatRequest, type EngineChunk, EngineCompletion } from "../../contract/chat.ts";
import { Refusal } from "../../contract/errors.ts";
import { type EngineReply, openStream, readAnswer } from "../generation/engine-answer.ts";
import { engineChunks } from "../generation/engine-chunks.ts";
import { engineRequest } from "../generation/engine-request.ts";
import { untilShutdown } from "../generation/until-shutdown.ts";
import { retired } from "../lifecycle/model-dates.ts";
import type { Target } from "../models/models.ts";
import type { Clock } from "../platform/clock.ts";
import { DONE_EVENT, eventOf } from "../platform/event-stream.ts";
import { newChatCompletionId } from "../platform/ids.ts";
import type { Log } from "../platform/log.ts";
import { merge } from "../platform/merge.ts";
import type { Answered, Usage } from "../usage/usage.ts";
import { type ChoiceGroup, createChoiceGroup } from "./choice-group.ts";
import {
  type Head,
  presentChunk,
  presentCompletion,
  presentUsageChunk,
  type TokenUsage,
  totalUsage,
} from "./completion.ts";

/** Who asks: a project, by one of its keys. */
export type Asker = { readonly projectId: string; readonly organizationId: string; readonly keyId: string };

type Needs = {
  resolve: (projectId: string, model: string) => Promise<Target>;
  send: (target: Target, body: Record<string, unknown>, signal: AbortSignal) => Promise<EngineReply>;
  usage: Pick<Usage, "answered" | "addTokens">;
  /** Where people read about dates. */
  deprecationsPage: string;
  now: Clock;
  log: Log;
};

/** A request whose model is found. */
export type Question = { readonly asker: Asker; readonly target: Target; readonly request: ChatRequest };
type Asked = { readonly target: Target; readonly request: ChatRequest; readonly group: ChoiceGroup };
type Part = { readonly index: number; readonly chunk: EngineChunk };

async function* chunksOf(source: AsyncIterable<Uint8Array>, index: number): AsyncGenerator<Part> {
  for await (const chunk of engineChunks(source)) yield { index, chunk };
}

const brokenOff = new Refusal(
  "engine_unavailable",
  "The model's engine stopped in the middle of the answer. Try again.",
);

export function createChat({ resolve, send, usage, deprecationsPage, now, log }: Needs) {
  const indexes = (request: ChatRequest) => Array.from({ length: request.n ?? 1 }, (_, index) => index);

  const newHead = (model: string): Head => ({ id: newChatCompletionId(), created: now(), model });

  /** Asks for every choice at once; `read` takes each reply. */
  async function askAll<Answer>(
    { target, request, group }: Asked,
    read: (reply: EngineReply) => Promise<Answer>,
  ): Promise<Answer[]> {
    const refusal = () => retired(target.model, deprecationsPage);
    using shutdown = untilShutdown({ dates: target.dates, now, refusal });
    const signal = AbortSignal.any([group.signal, shutdown.signal]);
    const ask = async (index: number) => {
      const reply = await read(await send(target, engineRequest(request, index), signal));
      shutdown.assertBegun();
      return reply;
    };
    return await group.all(indexes(request).map(ask));
  }

  const countAnswer = ({ asker, target }: Question): Promise<Answered> => {
    const { model, base, adapter } = target;
    return usage.answered({ ...asker, model, base: base.id, isTuned: adapter !== null });
  };

  const countTokens = (answered: Answered, { prompt_tokens, completion_tokens }: TokenUsage) =>
    usage.addTokens(answered, prompt_tokens, completion_tokens);

  async function open(asker: Asker, request: ChatRequest): Promise<Question> {
    return { asker, request, target: await resolve(asker.projectId, request.model) };
  }

  async function complete(question: Question, signal: AbortSignal) {
    const asked = { ...question, group: createChoiceGroup(signal) };
    const answers = await askAll(asked, (reply) => readAnswer(reply, EngineCompletion));
    const completion = presentCompletion(newHead(question.target.model), answers);
    countTokens(await countAnswer(question), completion.usage);
    return completion;
  }

  async function* events(
    head: Head,
    parts: readonly AsyncGenerator<Part>[],
    { withUsage, onUsage }: { withUsage: boolean; onUsage: (usage: TokenUsage) => void },
  ): AsyncGenerator<Uint8Array> {
    const usages: TokenUsage[] = [];
    for await (const { index, chunk } of merge(parts)) {
      if (chunk.usage) usages.push(chunk.usage);
      if (chunk.choices.length > 0) yield eventOf(presentChunk(head, index, chunk, withUsage));
    }
    onUsage(totalUsage(usages));
    if (withUsage) yield eventOf(presentUsageChunk(head, usages));
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
  async function stream(question: Question, signal: AbortSignal) {
    const { target, request } = question;
    const head = newHead(target.model);
    const group = createChoiceGroup(signal);
    const sources = await askAll({ target, request, group }, openStream);
    const answered = await countAnswer(question);
    const parts = sources.map((source, index) => group.guard(chunksOf(source, index)));
    const withUsage = request.stream_options?.include_usage ?? false;
    const sent = events(head, parts, { withUsage, onUsage: (total) => countTokens(answered, total) });
    return explained(head.id, sent, signal);
  }

  return { open, complete, stream };
}
export type Chat = ReturnType<typeof createChat>;
