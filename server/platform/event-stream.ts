import type { ServerResponse } from "node:http";
import { whenLeft } from "./exchange.ts";
import type { AppContext } from "./http.ts";

/** The head of an answer in events. */
export const EVENT_HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache",
};

/** One server-sent event that carries JSON. */
export const eventOf = (data: unknown): string => `data: ${JSON.stringify(data)}\n\n`;

export const DONE_EVENT = "data: [DONE]\n\n";

export type Events = {
  /** Text of one event or of several: each write to a connection costs more than an event. */
  readonly events: AsyncGenerator<string>;
  /** The client has gone before their end. */
  readonly onLeave: () => void;
};

/** Pulled as the client reads. */
function streamOf({ events, onLeave }: Events): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await events.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
    async cancel() {
      onLeave();
      await events.return(undefined);
    },
  });
}

const drained = (outgoing: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const go = (): void => {
      outgoing.off("drain", go);
      outgoing.off("close", go);
      resolve();
    };
    outgoing.on("drain", go);
    outgoing.on("close", go);
  });

async function writeAll(outgoing: ServerResponse, events: AsyncGenerator<string>): Promise<void> {
  // The head goes out with the first event, unless that takes its time.
  const head = setImmediate(() => outgoing.flushHeaders());
  for (let step = await events.next(); !step.done; step = await events.next()) {
    clearImmediate(head);
    if (outgoing.destroyed) return;
    if (!outgoing.write(step.value)) await drained(outgoing);
  }
  clearImmediate(head);
  outgoing.end();
}

/** As fast as the client reads. */
export function sendEvents(outgoing: ServerResponse, { events, onLeave }: Events): void {
  whenLeft(outgoing, () => {
    onLeave();
    void events.return(undefined).catch(() => {});
  });
  writeAll(outgoing, events).catch((error) => outgoing.destroy(error));
}

/**
 * Answers with events. Where there is a connection they are written to it: a stream object between would cost more than
 * the events do.
 */
export function answerWithEvents(
  c: AppContext,
  answer: Events,
  headers: Record<string, string> = EVENT_HEADERS,
): Response {
  if (!c.env?.outgoing || c.req.method === "HEAD") return c.body(streamOf(answer), 200, headers);
  c.env.send = (outgoing) => sendEvents(outgoing, answer);
  return c.body(null, 200, headers);
}
