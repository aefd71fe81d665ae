/** The mock upstream, a process of its own: OpenAI's chat completions with fixed answers, as fast as Node gives them. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { z } from "zod";
import { ANSWER, CHUNKS, UPSTREAM_MODEL } from "./answer.ts";
import { tellUrl } from "./listening.ts";

const Asked = z.object({
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
});

const json = (value: unknown) => Buffer.from(JSON.stringify(value));
/** An event as one chunk of HTTP's chunked coding (RFC 9112, 7.1), framed once and for all. */
const framed = (event: string) => Buffer.from(`${event.length.toString(16)}\r\n${event}\r\n`);
const event = (value: unknown) => framed(`data: ${JSON.stringify(value)}\n\n`);

const usage = { prompt_tokens: 46, completion_tokens: 100, total_tokens: 146 };
const head = { id: "chatcmpl-CkV4n2dQ7wT9mZ3s", created: 1_780_000_000, model: UPSTREAM_MODEL };
const chunkHead = { ...head, object: "chat.completion.chunk", system_fingerprint: "fp_bench" };
const chunk = (delta: object, finish: string | null, more: object) =>
  event({ ...chunkHead, choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }], ...more });

const whole = json({
  ...head,
  object: "chat.completion",
  choices: [
    {
      index: 0,
      message: { role: "assistant", content: ANSWER, refusal: null },
      logprobs: null,
      finish_reason: "stop",
    },
  ],
  usage,
  system_fingerprint: "fp_bench",
});
const models = json({ object: "list", data: [{ id: UPSTREAM_MODEL, object: "model", owned_by: "bench" }] });

/** With usage asked for, every other chunk has an empty one, as OpenAI's. */
const streamOf = (more: object) => [
  chunk({ role: "assistant", content: "" }, null, more),
  ...Array.from({ length: CHUNKS }, (_, index) => chunk({ content: ` word${index}` }, null, more)),
  chunk({}, "stop", more),
];
const done = framed("data: [DONE]\n\n");
const plain = [...streamOf({}), done];
const withUsage = [...streamOf({ usage: null }), event({ ...chunkHead, choices: [], usage }), done];

/**
 * A write for each chunk, as an engine does it, and never more than the reader takes. They go to the connection itself,
 * since Node's own framing of chunks would take as much of the machine as a gateway does.
 */
function stream(response: ServerResponse, events: readonly Buffer[]): void {
  const { socket } = response;
  let next = 0;
  const step = (): void => {
    const bytes = events[next];
    next += 1;
    if (socket === null || socket.destroyed) return;
    if (bytes === undefined) response.end();
    else if (socket.write(bytes)) setImmediate(step);
    else socket.once("drain", step);
  };
  response.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache",
    "transfer-encoding": "chunked",
  });
  response.flushHeaders();
  step();
}

function send(response: ServerResponse, status: number, body: Buffer): void {
  response.writeHead(status, { "content-type": "application/json", "content-length": body.length });
  response.end(body);
}

function answer({ method, url }: IncomingMessage, body: Buffer, response: ServerResponse): void {
  const called = `${method} ${url}`;
  if (called === "GET /v1/models") send(response, 200, models);
  else if (called === "POST /v1/chat/completions") complete(body, response);
  else send(response, 404, json({ error: { message: `There is no ${called} here.` } }));
}

function complete(body: Buffer, response: ServerResponse): void {
  const asked = Asked.parse(JSON.parse(body.toString()));
  if (asked.stream) stream(response, asked.stream_options?.include_usage ? withUsage : plain);
  else send(response, 200, whole);
}

const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on("data", (part: Buffer) => parts.push(part));
  request.on("end", () => answer(request, Buffer.concat(parts), response));
});
server.keepAliveTimeout = 0;
server.listen(0, "127.0.0.1", () => tellUrl(server.address()));
