import { answerWithEvents, type Events } from "./event-stream.ts";
import type { Exchange } from "./exchange.ts";
import { type AppContext, exchangeOf } from "./http.ts";

/** JSON, or events. */
export type Reply = { readonly json: object } | Events;

/** Answers a model's question: a request whose body is the text of a JSON object. */
export type AnswerQuestion = (exchange: Exchange, body: string) => Promise<Reply>;

/** By the path that they are posted to. */
export type Questions = ReadonlyMap<string, AnswerQuestion>;

/** As a route of the app. */
export const questionRoute = (answer: AnswerQuestion) => async (c: AppContext) => {
  const reply = await answer(exchangeOf(c), await c.req.text());
  return "json" in reply ? c.json(reply.json) : answerWithEvents(c, reply);
};
