import { Hono } from "hono";
import { ChatRequest } from "../../contract/chat.ts";
import { streamOf } from "../platform/event-stream.ts";
import { type AppEnv, body, projectOf } from "../platform/http.ts";
import { assertAnswerable } from "./assert-request.ts";
import type { Chat } from "./chat.ts";

const STREAM_HEADERS = { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" };

export const chatRoutes = (chat: Chat) =>
  new Hono<AppEnv>().post("/completions", async (c) => {
    const { projectId } = projectOf(c);
    const request = await body(c, ChatRequest);
    assertAnswerable(request);
    // A client that goes away ends its generation: whole answers by the request's signal, streams by their cancel.
    const gone = new AbortController();
    c.req.raw.signal.addEventListener("abort", () => gone.abort(), { once: true });
    if (!request.stream) return c.json(await chat.complete(projectId, request, gone.signal));
    const events = await chat.stream(projectId, request, gone.signal);
    return c.body(
      streamOf(events, () => gone.abort()),
      200,
      STREAM_HEADERS,
    );
  });
