import { type ChatRequest, EngineCompletion } from "../../contract/chat.ts";
import { Refusal } from "../../contract/errors.ts";
import { answeringModel } from "../generation/answering-model.ts";
import { type EngineReply, openStream, readAnswer } from "../generation/engine-answer.ts";
import { engineRequest } from "../generation/engine-request.ts";
import type { Asking } from "../generation/metered.ts";
import { toolRequest } from "../generation/tool-request.ts";
import type { Target } from "../models/models.ts";
import type { Clock } from "../platform/clock.ts";
import { DONE_EVENT, eventOf } from "../platform/event-stream.ts";
import { newChatCompletionId } from "../platform/ids.ts";
import type { Log } from "../platform/log.ts";
import type { Tokens } from "../usage/call.ts";
import type { Meter } from "../usage/meter.ts";
import { askAll, streamAll } from "./ask-all.ts";
import { assertFits } from "./assert-request.ts";
import { type ChoiceGroup, createChoiceGroup } from "./choice-group.ts";
import { chunkTexts } from "./chunk-texts.ts";
import {
  type Head,
  presentChunk,
  presentCompletion,
  presentUsageChunk,
  type TokenUsage,
  totalUsage,
} from "./completion.ts";
import type { StoredCompletions } from "./stored-completions.ts";
import { createStreamRecord } from "./stream-record.ts";

/** Who asks: a project, by one of its keys. */
export type Asker = { readonly projectId: string; readonly organizationId: string; readonly keyId: string };

type Needs = {
  resolve: (projectId: string, model: string) => Promise<Target>;
  send: (target: Target, body: Record<string, unknown>, signal: AbortSignal) => Promise<EngineReply>;
  /** Keeps an answer before it is given. */
  save: StoredCompletions["save"];
  /** Where people read about dates. */
  deprecationsPage: string;
  now: Clock;
  log: Log;
};

/** A request whose model is found. */
export type Question = {
  readonly asker: Asker;
  readonly target: Target;
  readonly request: ChatRequest;
  readonly meter: Meter;
};
type Asked = { readonly target: Target; readonly request: ChatRequest; readonly group: ChoiceGroup };

type Sending = {
  readonly question: Question;
  readonly head: Head;
  /** Of the choices, as they come. */
  readonly usages: TokenUsage[];
  /** Of an answer that is to be stored. */
  readonly record: ReturnType<typeof createStreamRecord> | null;
};

const brokenOff = new Refusal(
  "engine_unavailable",
  "The model's engine stopped in the middle of the answer. Try again.",
);

/** Of all choices together. */
function tokensOf(usages: readonly TokenUsage[]): Tokens {
  const { prompt_tokens, completion_tokens, prompt_tokens_details } = totalUsage(usages);
  return {
    input: prompt_tokens,
    output: completion_tokens,
    cached: prompt_tokens_details.cached_tokens,
  };
}

export function createChat({ resolve, send, save, deprecationsPage, now, log }: Needs) {
  const indexes = (request: ChatRequest) => Array.from({ length: request.n ?? 1 }, (_, index) => index);

  const newHead = (model: string): Head => ({ id: newChatCompletionId(), created: now(), model });

  /** Asks for every choice at once; `read` takes each reply. */
  const askForChoices = <Answer>(
    { target, request, group }: Asked,
    read: (reply: EngineReply) => Promise<Answer>,
  ): Promise<Answer[]> =>
    askAll(
      { target, group, now, deprecationsPage },
      indexes(request).map(
        (index) => async (signal: AbortSignal) =>
          read(await send(target, engineRequest(request, index), signal)),
      ),
    );

  async function open(asker: Asker, request: ChatRequest, { meter, admit }: Asking): Promise<Question> {
    const target = await resolve(asker.projectId, request.model);
    meter.resolved(answeringModel(target));
    assertFits(request, target.base.contextLength);
    admit(target);
    return { asker, request, target, meter };
  }

  /** Of an answer that is to be stored nothing is given before it is. */
  async function present({ asker, request }: Question, head: Head, answers: readonly EngineCompletion[]) {
    const completion = presentCompletion(head, answers, toolRequest(request).isLegacy);
    if (!request.store) return completion;
    await save(asker.projectId, request, completion);
    return { ...completion, metadata: request.metadata ?? {} };
  }

  async function complete(question: Question, signal: AbortSignal) {
    const asked = { ...question, group: createChoiceGroup(signal, question.request.n ?? 1) };
    const answers = await askForChoices(asked, (reply) => readAnswer(reply, EngineCompletion));
    const completion = await present(question, newHead(question.target.model), answers);
    await question.meter.answered();
    question.meter.end(tokensOf(answers.map((answer) => answer.usage)));
    return completion;
  }

  const withUsage = ({ request }: Question) => request.stream_options?.include_usage ?? false;

  /** The events of one choice. */
  async function* choice(
    { question, head, usages, record }: Sending,
    index: number,
    signal: AbortSignal,
  ): AsyncGenerator<string> {
    const { target, request, meter } = question;
    const style = { withUsage: withUsage(question), isLegacy: toolRequest(request).isLegacy };
    const source = await openStream(await send(target, engineRequest(request, index), signal));
    yield* chunkTexts(source, {
      present: (chunk) => presentChunk(head, { index, chunk }, style),
      onPiece: meter.piece,
      onChunk: (chunk) => {
        if (chunk.usage) usages.push(chunk.usage);
        record?.add(index, chunk);
      },
      wantsAll: record !== null,
    });
  }

  async function last({ question, head, usages, record }: Sending): Promise<string> {
    if (record) await present(question, head, record.answers());
    question.meter.end(tokensOf(usages));
    return (withUsage(question) ? eventOf(presentUsageChunk(head, usages)) : "") + DONE_EVENT;
  }

  /** What goes wrong once an answer has begun is its last event. */
  async function* events(
    sending: Sending,
    texts: AsyncIterable<string>,
    signal: AbortSignal,
  ): AsyncGenerator<string> {
    const completionId = sending.head.id;
    const { meter } = sending.question;
    try {
      for await (const text of texts) if (text !== "") yield text;
      yield await last(sending);
    } catch (err) {
      if (signal.aborted) return log.info({ completionId }, "the client left a stream");
      const refusal = err instanceof Refusal ? err : brokenOff;
      meter.failed(refusal);
      log.warn({ completionId, err }, "a stream broke off");
      yield eventOf(refusal.body);
    } finally {
      meter.cancelled();
    }
  }

  /** Begins once the engine has: until then a failure is an ordinary refusal. */
  async function stream(question: Question, signal: AbortSignal) {
    const { target, request } = question;
    const record = request.store ? createStreamRecord(request.n ?? 1) : null;
    const sending = { question, head: newHead(target.model), usages: [], record };
    const group = createChoiceGroup(signal, request.n ?? 1);
    const texts = await streamAll(
      { target, group, now, deprecationsPage },
      indexes(request).map((index) => (over: AbortSignal) => choice(sending, index, over)),
    );
    await question.meter.answered();
    return events(sending, texts, signal);
  }

  return { open, complete, stream };
}
export type Chat = ReturnType<typeof createChat>;
