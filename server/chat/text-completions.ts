import { Refusal } from "../../contract/errors.ts";
import { EngineText, type TextRequest } from "../../contract/text-completions.ts";
import { answeringModel } from "../generation/answering-model.ts";
import { type EngineReply, openStream } from "../generation/engine-answer.ts";
import type { Asking } from "../generation/metered.ts";
import type { Target } from "../models/models.ts";
import type { Clock } from "../platform/clock.ts";
import { readEventData } from "../platform/event-reader.ts";
import { DONE_EVENT, eventOf } from "../platform/event-stream.ts";
import { newTextCompletionId } from "../platform/ids.ts";
import type { Log } from "../platform/log.ts";
import type { PromptText, RawPrompt } from "../serving/engine.ts";
import type { Tokens } from "../usage/call.ts";
import type { Meter } from "../usage/meter.ts";
import { streamAll } from "./ask-all.ts";
import type { Asker } from "./chat.ts";
import { createChoiceGroup } from "./choice-group.ts";
import {
  type EchoedPrompt,
  joinText,
  presentTextChoice,
  promptsOf,
  textEngineRequest,
  textHead,
  totalTextUsage,
} from "./text-completion.ts";

type Needs = {
  resolve: (projectId: string, model: string) => Promise<Target>;
  send: (target: Target, body: Record<string, unknown>, signal: AbortSignal) => Promise<EngineReply>;
  readPrompt: (
    target: Target,
    asked: { readonly prompt: RawPrompt; readonly top: number | null },
    signal: AbortSignal,
  ) => Promise<PromptText>;
  deprecationsPage: string;
  now: Clock;
  log: Log;
};

export type TextQuestion = {
  readonly target: Target;
  readonly request: TextRequest;
  readonly meter: Meter;
};
/** What is said of one choice: first its prompt, where it is to be said again. */
type Part = { readonly index: number } & ({ readonly echoed: EchoedPrompt } | { readonly piece: EngineText });

const brokenOff = new Refusal(
  "engine_unavailable",
  "The model's engine stopped in the middle of the text. Try again.",
);

/** Engines speak of messages. */
function aboutPrompt(error: unknown): never {
  if (!(error instanceof Refusal) || error.param !== "messages") throw error;
  throw new Refusal(error.kind, error.message.replaceAll("messages", "prompt"), "prompt");
}

function withoutText(piece: EngineText): EngineText {
  const choices = piece.choices.map((choice) => ({ ...choice, text: "", logprobs: null }));
  const { usage } = piece;
  const read = usage && { ...usage, completion_tokens: 0, total_tokens: usage.prompt_tokens };
  return { choices, usage: read };
}

async function* piecesOf(
  source: AsyncIterable<Uint8Array>,
  index: number,
  isEmpty: boolean,
): AsyncGenerator<Part> {
  for await (const data of readEventData(source)) {
    if (data === "[DONE]") return;
    const parsed = EngineText.safeParse(JSON.parse(data));
    if (!parsed.success) throw brokenOff;
    yield { index, piece: isEmpty ? withoutText(parsed.data) : parsed.data };
  }
  throw brokenOff;
}

function echoOf({ text, tokens }: PromptText, withLogprobs: boolean): EchoedPrompt {
  if (!withLogprobs) return { text, logprobs: null };
  const logprobs = {
    tokens: tokens.map((one) => one.text),
    token_logprobs: tokens.map((one) => one.logprob),
    top_logprobs: tokens.map(({ top, logprob, text: token }) =>
      logprob === null
        ? null
        : { ...Object.fromEntries(top.map((one) => [one.token, one.logprob])), [token]: logprob },
    ),
  };
  return { text, logprobs };
}

const tokensOf = (total: ReturnType<typeof totalTextUsage>): Tokens => ({
  input: total.prompt_tokens,
  output: total.completion_tokens,
  cached: total.prompt_tokens_details.cached_tokens,
});

const emptyChoices = (request: TextRequest) =>
  Array.from({ length: promptsOf(request).length * (request.n ?? 1) }, (): EchoedPrompt | null => null);

/** The older completions: a prompt goes to the model as it is. */
export function createTextCompletions({ resolve, send, readPrompt, deprecationsPage, now, log }: Needs) {
  async function open(asker: Asker, request: TextRequest, asking: Asking): Promise<TextQuestion> {
    const target = await resolve(asker.projectId, request.model);
    const { meter, admit } = asking;
    meter.resolved(answeringModel(target));
    const wanted = request.max_tokens ?? 0;
    const most = target.base.contextLength;
    if (wanted <= most) {
      admit(target);
      return { target, request, meter };
    }
    const text = `max_tokens is too large: ${wanted}. This model supports at most ${most} tokens, of the prompt and the text together.`;
    throw new Refusal("invalid_value", text, "max_tokens");
  }

  function echoedPrompt({ target, request }: TextQuestion, prompt: RawPrompt, signal: AbortSignal) {
    const top = request.logprobs ?? null;
    return readPrompt(target, { prompt, top }, signal).then((read) => echoOf(read, top !== null));
  }

  /** The parts of all choices, begun: until then a failure is an ordinary refusal. */
  async function begin(question: TextQuestion, signal: AbortSignal): Promise<AsyncIterable<Part>> {
    const { request, target } = question;
    const n = request.n ?? 1;
    const group = createChoiceGroup(signal, n * promptsOf(request).length);
    async function* choice(prompt: RawPrompt, index: number, over: AbortSignal): AsyncGenerator<Part> {
      if (request.echo) yield { index, echoed: await echoedPrompt(question, prompt, over) };
      const reply = await send(target, textEngineRequest(request, prompt, index % n), over);
      yield* piecesOf(await openStream(reply).catch(aboutPrompt), index, request.max_tokens === 0);
    }
    const choices = promptsOf(request)
      .flatMap((prompt) => Array.from({ length: n }, () => prompt))
      .map((prompt, index) => (over: AbortSignal) => choice(prompt, index, over));
    return await streamAll({ target, group, now, deprecationsPage }, choices);
  }

  const newHead = ({ target }: TextQuestion) =>
    textHead({ id: newTextCompletionId(), created: now(), model: target.model });

  const usagesOf = (pieces: readonly EngineText[][], n: number) =>
    totalTextUsage(
      pieces.map((all) => all.map((piece) => piece.usage).findLast((one) => one) ?? noUsage),
      n,
    );

  async function complete(question: TextQuestion, signal: AbortSignal) {
    const pieces = emptyChoices(question.request).map((): EngineText[] => []);
    const echoes = emptyChoices(question.request);
    for await (const part of await begin(question, signal)) {
      if ("echoed" in part) echoes[part.index] = part.echoed;
      else pieces[part.index]?.push(part.piece);
    }
    const choices = pieces.map((all, index) =>
      presentTextChoice(
        joinText(
          all.flatMap((piece) => piece.choices),
          echoes[index] ?? null,
        ),
        { index, from: 0 },
      ),
    );
    const total = usagesOf(pieces, question.request.n ?? 1);
    await question.meter.answered();
    question.meter.end(tokensOf(total));
    return { ...newHead(question), choices, usage: total };
  }

  async function* events(question: TextQuestion, parts: AsyncIterable<Part>) {
    const { request } = question;
    const head = newHead(question);
    const written = emptyChoices(request).map(() => 0);
    const pieces = emptyChoices(request).map((): EngineText[] => []);
    // As the service has it: who asks for the usage finds the field in every piece.
    const isTold = request.stream_options?.include_usage === true;
    const begun = isTold ? { usage: null } : {};
    function* presented(index: number, choice: EngineText["choices"][number]) {
      const from = written[index] ?? 0;
      yield eventOf({ ...head, choices: [presentTextChoice(choice, { index, from })], ...begun });
      written[index] = from + choice.text.length;
    }
    for await (const part of parts) {
      if ("echoed" in part) yield* presented(part.index, part.echoed);
      else {
        if (part.piece.usage) pieces[part.index]?.push(part.piece);
        if (part.piece.choices.length > 0) question.meter.piece();
        for (const choice of part.piece.choices) yield* presented(part.index, choice);
      }
    }
    const total = usagesOf(pieces, request.n ?? 1);
    question.meter.end(tokensOf(total));
    if (isTold) yield eventOf({ ...head, choices: [], usage: total });
    yield DONE_EVENT;
  }

  async function* explained(
    sent: AsyncGenerator<string>,
    meter: Meter,
    signal: AbortSignal,
  ): AsyncGenerator<string> {
    try {
      yield* sent;
    } catch (err) {
      if (signal.aborted) return log.info({}, "the client left a stream");
      const refusal = err instanceof Refusal ? err : brokenOff;
      meter.failed(refusal);
      log.warn({ err }, "a stream broke off");
      yield eventOf(refusal.body);
    } finally {
      meter.cancelled();
    }
  }

  async function stream(question: TextQuestion, signal: AbortSignal) {
    const begun = await begin(question, signal);
    await question.meter.answered();
    return explained(events(question, begun), question.meter, signal);
  }

  return { open, complete, stream };
}
export type TextCompletions = ReturnType<typeof createTextCompletions>;

const noUsage = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };
