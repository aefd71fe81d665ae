import type { EngineChunk } from "../../contract/chat.ts";
import { Refusal } from "../../contract/errors.ts";
import type { Item } from "../../contract/response-items.ts";
import type {
  CreateResponse,
  PromptRequest,
  ResponseError,
  ResponseObject,
} from "../../contract/responses.ts";
import { type EngineReply, openStream } from "../generation/engine-answer.ts";
import { engineChunks } from "../generation/engine-chunks.ts";
import { untilShutdown } from "../generation/until-shutdown.ts";
import { retired } from "../lifecycle/model-dates.ts";
import type { Target } from "../models/models.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { Tokens } from "../usage/call.ts";
import type { Meter } from "../usage/meter.ts";
import type { Answer } from "./answer.ts";
import type { NewEvent } from "./output-events.ts";
import { type EngineBody, engineBody } from "./prompt.ts";
import { failedResponse } from "./response.ts";
import { fitItems } from "./truncation.ts";

/** Who asks: a project, by one of its keys. */
export type Asker = { readonly projectId: string; readonly organizationId: string; readonly keyId: string };

export type GeneratorNeeds = {
  send: (target: Target, body: Record<string, unknown>, signal: AbortSignal) => Promise<EngineReply>;
  countPrompt: (target: Target, body: Record<string, unknown>, signal: AbortSignal) => Promise<number>;
  /** Where people read about dates. */
  deprecationsPage: string;
  now: Clock;
  log: Log;
};

/** A request with all that its model is told. */
export type Question = {
  readonly asker: Asker;
  readonly target: Target;
  readonly request: CreateResponse;
  /** Earlier turns and the input. */
  readonly items: readonly Item[];
  readonly meter: Meter;
};

/** What of a question makes its prompt. */
type Prompted = Pick<Question, "target" | "items"> & {
  readonly request: PromptRequest & Pick<Partial<CreateResponse>, "max_output_tokens">;
};

/** An answer that has begun. */
export type Begun = { readonly chunks: AsyncGenerator<EngineChunk>; readonly meter: Meter };

/** Where this API has what a chat calls otherwise. */
const names: readonly [RegExp, string][] = [
  [/^messages.*$/, "input"],
  [/^response_format\.json_schema/, "text.format"],
  [/^(tools\[\d+\])\.function/, "$1"],
];

function inOwnWords(error: unknown): unknown {
  if (!(error instanceof Refusal) || error.param === null) return error;
  const param = names.reduce((name, [pattern, own]) => name.replace(pattern, own), error.param);
  return new Refusal(error.kind, error.message, param, error.retryAfter);
}

const isTooLong = (error: unknown) => error instanceof Refusal && error.kind === "context_length_exceeded";

const tooLong = () =>
  new Refusal(
    "context_length_exceeded",
    "Your input exceeds the context window of this model. Shorten it, or set 'truncation' to 'auto' to leave out the oldest items.",
    "input",
  );

/** Room for the answer in a context that had to be cut. */
const roomFor = ({ max_output_tokens }: Prompted["request"], contextLength: number): number =>
  Math.min(max_output_tokens ?? Number.POSITIVE_INFINITY, Math.floor(contextLength / 4));

const brokenOff = new Refusal(
  "engine_unavailable",
  "The model's engine stopped in the middle of the answer. Try again.",
);

const tokensOf = ({ usage }: ResponseObject): Tokens => ({
  input: usage?.input_tokens ?? 0,
  output: usage?.output_tokens ?? 0,
  cached: usage?.input_tokens_details.cached_tokens ?? 0,
});

/** A refusal as the error of a response that nobody waits for. */
export function errorOf(error: unknown): ResponseError {
  if (!(error instanceof Refusal)) {
    return { code: "server_error", message: brokenOff.message };
  }
  const { message, status } = error;
  if (status === 429) return { code: "rate_limit_exceeded", message };
  return { code: status < 500 ? "invalid_prompt" : "server_error", message };
}

export function createGenerator({ send, countPrompt, deprecationsPage, now, log }: GeneratorNeeds) {
  async function ask({ target }: Question, body: EngineBody, signal: AbortSignal) {
    const refusal = () => retired(target.model, deprecationsPage);
    using shutdown = untilShutdown({ dates: target.dates, now, refusal });
    const source = await openStream(await send(target, body, shutdown.until(signal)));
    shutdown.assertBegun();
    return source;
  }

  const countTokens = ({ target, request }: Prompted, items: readonly Item[], signal: AbortSignal) =>
    countPrompt(target, engineBody(request, items), signal);

  async function fitted(question: Prompted, signal: AbortSignal): Promise<Item[]> {
    const { target, request, items } = question;
    const limit = target.base.contextLength - roomFor(request, target.base.contextLength);
    const fit = await fitItems(items, limit, (some) => countTokens(question, some, signal));
    if (!fit) throw tooLong();
    return fit;
  }

  /** Asks, and once more with less where that is too much and may be cut. */
  async function askFitting(question: Question, signal: AbortSignal) {
    const { request, items } = question;
    try {
      return await ask(question, engineBody(request, items), signal);
    } catch (error) {
      if (!isTooLong(error)) throw inOwnWords(error);
      if (request.truncation !== "auto") throw tooLong();
      return await ask(question, engineBody(request, await fitted(question, signal)), signal);
    }
  }

  /** Resolves when the engine has begun to answer: until then a failure is an ordinary refusal. */
  async function open(question: Question, signal: AbortSignal): Promise<Begun> {
    const source = await askFitting(question, signal);
    await question.meter.answered();
    return { chunks: engineChunks(source), meter: question.meter };
  }

  function failed({ meter }: Begun, answer: Answer, err: unknown): ResponseObject {
    const partial = answer.end({});
    meter.failed(err instanceof Refusal ? err : brokenOff);
    log.warn({ responseId: partial.id, err }, "a response broke off");
    return failedResponse(partial, errorOf(err));
  }

  /** Every event but the last, which tells the response as it ended: with its status, whatever went wrong. */
  async function* events(
    begun: Begun,
    answer: Answer,
    signal: AbortSignal,
  ): AsyncGenerator<NewEvent, ResponseObject> {
    try {
      for await (const chunk of begun.chunks) {
        if (chunk.choices.length > 0) begun.meter.piece();
        yield* answer.take(chunk);
      }
      const { events: last, response } = answer.finish(now());
      yield* last;
      begun.meter.end(tokensOf(response));
      return response;
    } catch (err) {
      if (signal.aborted) begun.meter.cancelled(signal.reason);
      if (signal.aborted) return { ...answer.end({}), status: "cancelled" };
      return failed(begun, answer, err);
    } finally {
      begun.meter.cancelled();
    }
  }

  /** What a create would read; where it may be cut, what is left of it. */
  async function countInput(question: Prompted, signal: AbortSignal): Promise<number> {
    const { target, request, items } = question;
    const tokens = await countTokens(question, items, signal);
    if (request.truncation !== "auto" || tokens < target.base.contextLength) return tokens;
    return await countTokens(question, await fitted(question, signal), signal);
  }

  return { open, events, countInput };
}
export type Generator = ReturnType<typeof createGenerator>;
