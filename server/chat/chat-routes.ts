import { Hono } from "hono";
import { ChatRequest } from "../../contract/chat.ts";
import { TextRequest } from "../../contract/text-completions.ts";
import { type Metering, metered } from "../generation/metered.ts";
import { deprecationHeaders } from "../lifecycle/model-dates.ts";
import type { Target } from "../models/models.ts";
import { answerWithEvents } from "../platform/event-stream.ts";
import { type AppContext, type AppEnv, body, leavingOf, projectOf, setHeaders } from "../platform/http.ts";
import type { Meter } from "../usage/meter.ts";
import { assertAnswerable } from "./assert-request.ts";
import { assertTextAnswerable } from "./assert-text-request.ts";
import type { Chat } from "./chat.ts";
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
  c: AppContext,
  { answers, question, isStreamed, deprecationsPage }: Answering<Asked>,
) {
  setHeaders(c, deprecationHeaders(question.target.dates, deprecationsPage));
  // A client that goes away ends its generation: whole answers by the connection's end, streams by their cancel.
  const gone = leavingOf(c);
  if (!isStreamed) return c.json(await answers.complete(question, gone.signal));
  const events = await answers.stream(question, gone.signal);
  const onLeave = (): void => {
    question.meter.cancelled();
    gone.abort();
  };
  return answerWithEvents(c, { events, onLeave });
}

type RouteNeeds = { readonly metering: Metering; readonly deprecationsPage: string };

export const chatRoutes = (chat: Chat, { metering, deprecationsPage }: RouteNeeds) =>
  new Hono<AppEnv>().post("/completions", async (c) => {
    const asker = projectOf(c);
    const request = await body(c, ChatRequest);
    return await metered(c, { ...metering, endpoint: "chat", request }, async (asking) => {
      assertAnswerable(request);
      const question = await chat.open(asker, request, asking);
      const isStreamed = request.stream ?? false;
      return await answer(c, { answers: chat, question, isStreamed, deprecationsPage });
    });
  });

export const textCompletionRoutes = (texts: TextCompletions, { metering, deprecationsPage }: RouteNeeds) =>
  new Hono<AppEnv>().post("/", async (c) => {
    const asker = projectOf(c);
    const request = await body(c, TextRequest);
    return await metered(c, { ...metering, endpoint: "completions", request }, async (asking) => {
      assertTextAnswerable(request);
      const question = await texts.open(asker, request, asking);
      const isStreamed = request.stream ?? false;
      return await answer(c, { answers: texts, question, isStreamed, deprecationsPage });
    });
  });
