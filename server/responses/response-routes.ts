import { Hono } from "hono";
import { Refusal } from "../../contract/errors.ts";
import {
  CountInputTokens,
  CreateResponse,
  GetResponse,
  ListItems,
  type StreamEvent,
} from "../../contract/responses.ts";
import { queryWithInclude } from "../conversations/item-query.ts";
import { type Metering, metered } from "../generation/metered.ts";
import { deprecationHeaders } from "../lifecycle/model-dates.ts";
import { answerWithEvents, eventOf } from "../platform/event-stream.ts";
import { leavingOf } from "../platform/exchange.ts";
import { type AppContext, type AppEnv, body, exchangeOf, projectOf } from "../platform/http.ts";
import { randomText } from "../platform/ids.ts";
import type { Asked } from "./foreground.ts";
import type { Responses } from "./responses.ts";

/** With it the sizes of events tell less of what is in them. */
const OBFUSCATED_TO = 32;

/** Padding for the pieces of an answer, as OpenAI's `obfuscation`. */
function padded(event: StreamEvent): StreamEvent {
  const { delta } = event;
  if (typeof delta !== "string") return event;
  return { ...event, obfuscation: randomText(OBFUSCATED_TO - (delta.length % OBFUSCATED_TO)) };
}

async function* encoded(events: AsyncGenerator<StreamEvent>, isPadded: boolean): AsyncGenerator<string> {
  for await (const event of events) {
    const sent = isPadded ? padded(event) : event;
    yield `event: ${event.type}\n${eventOf(sent)}`;
  }
}

type Sent = { readonly events: AsyncGenerator<StreamEvent>; readonly isPadded: boolean };

const sendStream = (c: AppContext, { events, isPadded }: Sent, onLeave: () => void) =>
  answerWithEvents(c, { events: encoded(events, isPadded), onLeave });

type RouteNeeds = { readonly metering: Metering; readonly deprecationsPage: string };

async function answer(
  c: AppContext,
  responses: Responses,
  { asked, deprecationsPage }: { readonly asked: Asked; readonly deprecationsPage: string },
): Promise<Response> {
  const { request, target, meter } = asked.question;
  const exchange = exchangeOf(c);
  exchange.setHeaders(deprecationHeaders(target.dates, deprecationsPage));
  const gone = leavingOf(exchange);
  if (!request.stream) return c.json(await responses.create(asked, gone.signal));
  const events = await responses.stream(asked, gone.signal);
  const isPadded = request.stream_options?.include_obfuscation ?? false;
  return sendStream(c, { events, isPadded }, () => {
    // One in the background goes on, and meters itself.
    if (!request.background) meter.cancelled();
    gone.abort();
  });
}

async function create(c: AppContext, responses: Responses, { metering, deprecationsPage }: RouteNeeds) {
  const { projectId, organizationId, keyId } = projectOf(c);
  const request = await body(c, CreateResponse);
  return await metered(exchangeOf(c), { ...metering, endpoint: "responses", request }, async (asking) => {
    const asked = await responses.open({ projectId, organizationId, keyId }, request, asking);
    return await answer(c, responses, { asked, deprecationsPage });
  });
}

async function get(c: AppContext, responses: Responses, id: string): Promise<Response> {
  const { projectId } = projectOf(c);
  const wanted = queryWithInclude(c, GetResponse);
  if (!wanted.stream && wanted.starting_after !== undefined)
    throw new Refusal(
      "invalid_value",
      "'starting_after' is only allowed with stream=true.",
      "starting_after",
    );
  if (!wanted.stream) return c.json(await responses.get(projectId, id));
  const gone = leavingOf(exchangeOf(c));
  const events = await responses.streamAgain(projectId, id, wanted.starting_after ?? -1, gone.signal);
  return sendStream(c, { events, isPadded: wanted.include_obfuscation }, () => gone.abort());
}

export const responseRoutes = (responses: Responses, needs: RouteNeeds) =>
  new Hono<AppEnv>()
    .post("/", (c) => create(c, responses, needs))
    .post("/input_tokens", async (c) => {
      const { projectId } = projectOf(c);
      const request = await body(c, CountInputTokens);
      return c.json(await responses.countInput(projectId, request, leavingOf(exchangeOf(c)).signal));
    })
    .get("/:id", (c) => get(c, responses, c.req.param("id")))
    .delete("/:id", async (c) => c.json(await responses.remove(projectOf(c).projectId, c.req.param("id"))))
    .post("/:id/cancel", async (c) =>
      c.json(await responses.cancel(projectOf(c).projectId, c.req.param("id"))),
    )
    .get("/:id/input_items", async (c) => {
      const page = queryWithInclude(c, ListItems);
      return c.json(await responses.listInput(projectOf(c).projectId, c.req.param("id"), page));
    });
