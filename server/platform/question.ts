import { answerWithEvents, type Events } from "./event-stream.ts";
import type { Exchange } from "./exchange.ts";
import { type AppContext, bodyBytes, exchangeOf } from "./http.ts";

/** JSON, or events. */
export type Reply = { readonly json: object } | Events;

/** Answers a model's question: a request whose body is a JSON object, as it was sent. */
export type AnswerQuestion = (exchange: Exchange, body: Buffer) => Promise<Reply>;

/** By the path that they are posted to. */
export type Questions = ReadonlyMap<string, AnswerQuestion>;

/** As a route of the app. */
export const questionRoute = (answer: AnswerQuestion) => async (c: AppContext) => {
  const reply = await answer(exchangeOf(c), await bodyBytes(c));
  return "json" in reply ? c.json(reply.json) : answerWithEvents(c, reply);
};
