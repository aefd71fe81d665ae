import { type ChatRequest, EngineCompletion } from "../../contract/chat.ts";
import { Refusal } from "../../contract/errors.ts";
import { answeringModel } from "../generation/answering-model.ts";
import { type EngineReply, openStream, readAnswer } from "../generation/engine-answer.ts";
import { engineChunkBatches } from "../generation/engine-chunks.ts";
import { engineRequest } from "../generation/engine-request.ts";
import type { Asking } from "../generation/metered.ts";
import { toolRequest } from "../generation/tool-request.ts";
import type { Target } from "../models/models.ts";
import type { Clock } from "../platform/clock.ts";
import { DONE_EVENT, eventOf, eventsOf } from "../platform/event-stream.ts";
import { newChatCompletionId } from "../platform/ids.ts";
import type { Log } from "../platform/log.ts";
import type { Tokens } from "../usage/call.ts";
import type { Meter } from "../usage/meter.ts";
import { askAll, streamAll } from "./ask-all.ts";
import { assertFits } from "./assert-request.ts";
import { type ChoiceGroup, createChoiceGroup } from "./choice-group.ts";
import {
  type Head,
  type Part,
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
  /** As many together as came together. */
  readonly batches: AsyncIterable<Part[]>;
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

  async function* events({ question, head, batches }: Sending): AsyncGenerator<Uint8Array> {
    const { request, meter } = question;
    const withUsage = request.stream_options?.include_usage ?? false;
    const style = { withUsage, isLegacy: toolRequest(request).isLegacy };
    const record = request.store ? createStreamRecord(request.n ?? 1) : null;
    const usages: TokenUsage[] = [];
    for await (const parts of batches) {
      for (const { index, chunk } of parts) {
        record?.add(index, chunk);
        if (chunk.usage) usages.push(chunk.usage);
        if (chunk.choices.length > 0) meter.piece();
      }
      const said = parts.filter(({ chunk }) => chunk.choices.length > 0);
      if (said.length > 0) yield eventsOf(said.map((part) => presentChunk(head, part, style)));
    }
    if (record) await present(question, head, record.answers());
    meter.end(tokensOf(usages));
    if (withUsage) yield eventOf(presentUsageChunk(head, usages));
    yield DONE_EVENT;
  }

  /** What goes wrong once an answer has begun is its last event. */
  async function* explained(sending: Sending, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const completionId = sending.head.id;
    const { meter } = sending.question;
    try {
      yield* events(sending);
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

  async function* choice(
    { target, request }: Question,
    index: number,
    signal: AbortSignal,
  ): AsyncGenerator<Part[]> {
    const source = await openStream(await send(target, engineRequest(request, index), signal));
    for await (const chunks of engineChunkBatches(source)) yield chunks.map((chunk) => ({ index, chunk }));
  }

  /** Begins once the engine has: until then a failure is an ordinary refusal. */
  async function stream(question: Question, signal: AbortSignal) {
    const { target, request } = question;
    const head = newHead(target.model);
    const group = createChoiceGroup(signal, request.n ?? 1);
    const batches = await streamAll(
      { target, group, now, deprecationsPage },
      indexes(request).map((index) => (over: AbortSignal) => choice(question, index, over)),
    );
    await question.meter.answered();
    return explained({ question, head, batches }, signal);
  }

  return { open, complete, stream };
}
export type Chat = ReturnType<typeof createChat>;
