import type { OutputItem, OutputText, TokenLogprob } from "../../contract/response-items.ts";
import type { ResponseObject, StreamEvent } from "../../contract/responses.ts";

/** An event before its number. */
export type NewEvent = { readonly type: string } & Readonly<Record<string, unknown>>;

type Place = { readonly item_id: string; readonly output_index: number };
export type Placed = { readonly item: OutputItem; readonly index: number };

const placeOf = ({ item, index }: Placed): Place => ({ item_id: item.id, output_index: index });

const textPart = (item: OutputItem): OutputText => {
  const [part] = item.type === "message" ? item.content : [];
  return part?.type === "output_text"
    ? part
    : { type: "output_text", text: "", annotations: [], logprobs: [] };
};

const withoutBytes = (logprobs: readonly TokenLogprob[]) =>
  logprobs.map(({ token, logprob, top_logprobs }) => ({
    token,
    logprob,
    top_logprobs: top_logprobs.map((one) => ({ token: one.token, logprob: one.logprob })),
  }));

export const responseEvent = (type: string, response: ResponseObject): NewEvent => ({
  type: `response.${type}`,
  response,
});

/** An item that is begun: nothing of it is said yet. */
export function addedEvents({ item, index }: Placed): NewEvent[] {
  const isMessage = item.type === "message";
  const empty = { status: "in_progress", ...(isMessage ? { content: [] } : { arguments: "" }) };
  const added = { type: "response.output_item.added", output_index: index, item: { ...item, ...empty } };
  if (!isMessage) return [added];
  const part = { ...textPart(item), text: "", logprobs: [] };
  const place = placeOf({ item, index });
  return [added, { type: "response.content_part.added", ...place, content_index: 0, part }];
}

export function textDelta(placed: Placed, delta: string, logprobs: readonly TokenLogprob[]): NewEvent {
  const place = { ...placeOf(placed), content_index: 0 };
  return { type: "response.output_text.delta", ...place, delta, logprobs: withoutBytes(logprobs) };
}

export const argumentsDelta = (placed: Placed, delta: string): NewEvent => ({
  type: "response.function_call_arguments.delta",
  ...placeOf(placed),
  delta,
});

/** An item that is whole. */
export function doneEvents({ item, index }: Placed): NewEvent[] {
  const place = placeOf({ item, index });
  const done = { type: "response.output_item.done", output_index: index, item };
  if (item.type === "function_call") {
    const { name, arguments: written } = item;
    return [{ type: "response.function_call_arguments.done", ...place, name, arguments: written }, done];
  }
  const part = textPart(item);
  const inPart = { ...place, content_index: 0 };
  return [
    {
      type: "response.output_text.done",
      ...inPart,
      text: part.text,
      logprobs: withoutBytes(part.logprobs),
    },
    { type: "response.content_part.done", ...inPart, part },
    done,
  ];
}

/** How a stream ends. OpenAI has no event for "cancelled": such a response ends as one that is incomplete. */
export function endEvent(response: ResponseObject): NewEvent {
  const { status } = response;
  return responseEvent(status === "completed" || status === "failed" ? status : "incomplete", response);
}

export const numbered = (event: NewEvent, sequence: number): StreamEvent => ({
  ...event,
  sequence_number: sequence,
});

function wholeItem(item: OutputItem, index: number): NewEvent[] {
  const placed = { item, index };
  const text = textPart(item);
  const delta = item.type === "function_call" ? item.arguments : text.text;
  if (delta === "") return [...addedEvents(placed), ...doneEvents(placed)];
  const said =
    item.type === "function_call" ? argumentsDelta(placed, delta) : textDelta(placed, delta, text.logprobs);
  return [...addedEvents(placed), said, ...doneEvents(placed)];
}

/** The stream of a response that was not streamed: each item in one delta. */
export function replayedEvents(response: ResponseObject): StreamEvent[] {
  const { usage: _, ...rest } = response;
  const ending = { completed_at: null, error: null, incomplete_details: null };
  const begun: ResponseObject = { ...rest, ...ending, status: "in_progress", output: [] };
  const events = [
    responseEvent("created", begun),
    responseEvent("in_progress", begun),
    ...response.output.flatMap(wholeItem),
    endEvent(response),
  ];
  return events.map(numbered);
}
