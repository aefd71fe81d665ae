import type { z } from "zod";
import { ChatRequest } from "../../contract/chat.ts";
import { TextRequest } from "../../contract/text-completions.ts";
import { type Asking, type Metering, metered } from "../generation/metered.ts";
import { deprecationHeaders } from "../lifecycle/model-dates.ts";
import type { Target } from "../models/models.ts";
import { projectCaller } from "../platform/caller.ts";
import { type Exchange, leavingOf } from "../platform/exchange.ts";
import type { AnswerQuestion, Reply } from "../platform/question.ts";
import { parseBody } from "../platform/request-json.ts";
import type { Endpoint } from "../usage/call.ts";
import type { Meter } from "../usage/meter.ts";
import { assertAnswerable } from "./assert-request.ts";
import { assertTextAnswerable } from "./assert-text-request.ts";
import type { Asker, Chat } from "./chat.ts";
import type { TextCompletions } from "./text-completions.ts";

type Question = { readonly target: Target; readonly meter: Meter };
type Answers<Asked extends Question> = {
  complete(question: Asked, signal: AbortSignal): Promise<object>;
  stream(question: Asked, signal: AbortSignal): Promise<AsyncGenerator<string>>;
};

type Answering<Asked extends Question> = {
  readonly answers: Answers<Asked>;
  readonly question: Asked;
  readonly isStreamed: boolean;
  readonly deprecationsPage: string;
};

async function answer<Asked extends Question>(
  exchange: Exchange,
  { answers, question, isStreamed, deprecationsPage }: Answering<Asked>,
): Promise<Reply> {
  exchange.setHeaders(deprecationHeaders(question.target.dates, deprecationsPage));
  // A client that goes away ends its generation: whole answers by the connection's end, streams by their cancel.
  const gone = leavingOf(exchange);
  if (!isStreamed) return { json: await answers.complete(question, gone.signal) };
  const events = await answers.stream(question, gone.signal);
  const onLeave = (): void => {
    question.meter.cancelled();
    gone.abort();
  };
  return { events, onLeave };
}

type Needs = { readonly metering: Metering; readonly deprecationsPage: string };
type AnyRequest = Parameters<typeof metered>[1]["request"];

/** One way to ask: what its body is, and who answers it. */
type Way<Request extends AnyRequest, Asked extends Question> = {
  readonly endpoint: Endpoint;
  readonly schema: z.ZodType<Request>;
  readonly assertAnswerable: (request: Request) => void;
  readonly answers: Answers<Asked> & {
    open(asker: Asker, request: Request, asking: Asking): Promise<Asked>;
  };
};

const questionOf =
  <Request extends AnyRequest, Asked extends Question>(
    { endpoint, schema, assertAnswerable, answers }: Way<Request, Asked>,
    { metering, deprecationsPage }: Needs,
  ): AnswerQuestion =>
  async (exchange, body) => {
    const asker = projectCaller(exchange.caller);
    const request = parseBody(body, schema);
    return await metered(exchange, { ...metering, endpoint, request }, async (asking) => {
      assertAnswerable(request);
      const question = await answers.open(asker, request, asking);
      const isStreamed = request.stream ?? false;
      return await answer(exchange, { answers, question, isStreamed, deprecationsPage });
    });
  };

/** `POST /v1/chat/completions` */
export const chatQuestion = (chat: Chat, needs: Needs): AnswerQuestion =>
  questionOf({ endpoint: "chat", schema: ChatRequest, assertAnswerable, answers: chat }, needs);

/** `POST /v1/completions` */
export const textQuestion = (texts: TextCompletions, needs: Needs): AnswerQuestion => {
  const asked = { schema: TextRequest, assertAnswerable: assertTextAnswerable, answers: texts };
  return questionOf({ endpoint: "completions", ...asked }, needs);
};
