import { Hono } from "hono";
import { ChatRequest } from "../../contract/chat.ts";
import { deprecationHeaders } from "../lifecycle/model-dates.ts";
import { streamOf } from "../platform/event-stream.ts";
import { type AppEnv, body, projectOf } from "../platform/http.ts";
import { assertAnswerable } from "./assert-request.ts";
import type { Chat } from "./chat.ts";

const STREAM_HEADERS = { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" };

export const chatRoutes = (chat: Chat, deprecationsPage: string) =>
  new Hono<AppEnv>().post("/completions", async (c) => {
    const asker = projectOf(c);
    const request = await body(c, ChatRequest);
    assertAnswerable(request);
    const question = await chat.open(asker, request);
    const dates = deprecationHeaders(question.target.dates, deprecationsPage);
    for (const [name, value] of Object.entries(dates)) c.header(name, value);
    // A client that goes away ends its generation: whole answers by the request's signal, streams by their cancel.
    const gone = new AbortController();
    c.req.raw.signal.addEventListener("abort", () => gone.abort(), { once: true });
    if (!request.stream) return c.json(await chat.complete(question, gone.signal));
    const events = await chat.stream(question, gone.signal);
    return c.body(
      streamOf(events, () => gone.abort()),
      200,
      STREAM_HEADERS,
    );
  });
