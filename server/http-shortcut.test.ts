import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { type ClientRequest, request } from "node:http";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { pino } from "pino";
import type { Serving } from "./assemble.ts";
import { bytes, CHAT, end, hello, piece, usage, whole } from "./generation/fixtures/played-answers.ts";
import { close, createHttpServer, listen } from "./http-server.ts";
import { createTestApp, type TestApp } from "./test-app.ts";

type Sent = {
  readonly body: string | Buffer;
  readonly path?: string;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>> | undefined;
};

function post(port: number, { body, path = CHAT, key = "sk-test-project", headers }: Sent): ClientRequest {
  const sent = request({ host: "127.0.0.1", port, path, method: "POST", agent: false });
  if (key !== "") sent.setHeader("authorization", `Bearer ${key}`);
  for (const [name, value] of Object.entries(headers ?? {})) sent.setHeader(name, value);
  if (!sent.hasHeader("transfer-encoding")) sent.setHeader("content-length", Buffer.byteLength(body));
  return sent;
}

/** What differs from one request to the next is left out. */
const steady = (answer: string): string =>
  answer.replaceAll(/\b(chatcmpl-|cmpl-|req_)\w+/g, "$1").replaceAll(/[\d.]+(m?s)\b/g, "$1");

async function outcomeOf(port: number, sent: Sent) {
  const asked = post(port, sent);
  asked.end(sent.body);
  const [response] = await once(asked, "response");
  const {
    date,
    "x-request-id": requestId,
    "x-ratelimit-remaining-requests": _,
    ...headers
  } = response.headers;
  assert.ok(date && requestId);
  const told = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, steady(String(value))]),
  );
  return { status: response.statusCode, headers: told, text: steady(await text(response)) };
}

const json = (value: unknown) => JSON.stringify(value);
const direct: readonly (readonly [string, number, Sent])[] = [
  ["a whole answer", 200, { body: json(hello) }],
  ["a stream", 200, { body: json({ ...hello, stream: true }) }],
  ["an older completion", 200, { body: json({ model: "tiny-base", prompt: "hi" }), path: "/v1/completions" }],
  ["a model that is not there", 404, { body: json({ ...hello, model: "nobody" }) }],
  ["a wrong parameter", 400, { body: json({ ...hello, n: 0 }) }],
  ["an unknown parameter", 400, { body: json({ ...hello, colour: "red" }) }],
  ["no JSON", 400, { body: "{" }],
  ["an empty body", 400, { body: "" }],
  ["a body as it is", 200, { body: json(hello), headers: { "content-encoding": "Identity" } }],
  ["a body with a byte order mark", 200, { body: `\ufeff${json(hello)}` }],
  ["bytes that are no UTF-8", 400, { body: Buffer.from(json(hello).replace("hi", "\xff"), "latin1") }],
  ["an admin key", 403, { body: json(hello), key: "sk-test-admin" }],
  [
    "a model that fails in no known way",
    500,
    { body: json({ ...hello, messages: [{ role: "user", content: "fail" }] }) },
  ],
];
const byTheApp: readonly (readonly [string, number, Sent])[] = [
  ["no key", 401, { body: json(hello), key: "" }],
  ["a wrong key", 401, { body: json(hello), key: "sk-wrong" }],
  ["a body of unknown length", 200, { body: json(hello), headers: { "transfer-encoding": "chunked" } }],
  ["a compressed body", 415, { body: gzipSync(json(hello)), headers: { "content-encoding": "gzip" } }],
  ["a query", 200, { body: json(hello), path: `${CHAT}?x=1` }],
  ["another address", 404, { body: json(hello), path: `${CHAT}/` }],
];

/** What happens on the server's side. */
const told = new EventEmitter();

/** An engine that says what it was asked. */
const chat: Serving["chat"] = async (_target, { messages, stream }, signal) => {
  const [{ content: asked }] = messages as [{ content: string }];
  if (asked === "fail") throw new Error("It fell over.");
  if (asked === "wait") {
    told.emit("asked");
    await once(signal, "abort");
    throw signal.reason;
  }
  const pieces = stream ? [piece(asked), end, usage, "data: [DONE]\n\n"] : [json(whole(asked))];
  return { status: 200, body: bytes(...pieces) };
};

type Line = Readonly<Record<string, unknown>>;

describe("a question that is answered without the app", () => {
  let app: TestApp;
  const lines: Line[] = [];
  const log = pino({}, { write: (text: string) => tell(JSON.parse(text)) });
  function tell(line: Line): void {
    lines.push(line);
    told.emit("line", line);
  }
  const servers: ReturnType<typeof createHttpServer>[] = [];
  let throughApp = 0;
  let appPort = 0;
  let port = 0;
  before(async () => {
    app = await createTestApp({ serving: { chat }, parts: { log } });
    const plain = createHttpServer(app.app.fetch);
    const short = createHttpServer(app.app.fetch, {
      shortcut: (listener) =>
        app.shortcut((...exchange) => {
          throughApp += 1;
          return listener(...exchange);
        }),
    });
    short.on("request", () => told.emit("request"));
    servers.push(plain, short);
    [appPort = 0, port = 0] = await Promise.all(servers.map((http) => listen(http, 0, "127.0.0.1")));
  });
  after(async () => {
    await Promise.all(servers.map(close));
    await app[Symbol.asyncDispose]();
  });

  /** Of the newest requests. */
  const logged = (count: number) =>
    lines
      .filter(({ msg }) => msg === "request")
      .slice(-count)
      .map(({ time: _, ms: __, requestId: ___, ...facts }) => facts);

  for (const [isDirect, cases] of [
    [true, direct],
    [false, byTheApp],
  ] as const)
    for (const [name, status, sent] of cases)
      test(`${name}: its outcome is the app's, ${isDirect ? "without" : "through"} it`, async () => {
        const before = throughApp;
        const outcome = await outcomeOf(port, sent);
        assert.deepEqual([outcome.status, throughApp > before], [status, !isDirect]);
        assert.deepEqual(outcome, await outcomeOf(appPort, sent));
        const [own, apps] = logged(2);
        assert.deepEqual(own, apps);
      });

  async function assertRefusedAlike(status: number, headers: Sent["headers"]): Promise<void> {
    const answers = [port, appPort].map(async (to) => {
      const asked = post(to, { body: json(hello), headers });
      asked.end(json(hello));
      const [response] = await once(asked, "response");
      return [response.statusCode, await text(response)];
    });
    const [own, apps] = await Promise.all(answers);
    assert.deepEqual(own, apps);
    assert.equal(own?.[0], status);
  }

  for (const host of ["a b", "a:99999", "[:::::]:80"])
    test(`the host '${host}', which is none, is refused as the app refuses it`, () =>
      assertRefusedAlike(400, { host }));

  test("two keys are refused as the app refuses them, whichever comes first", async () => {
    const one = "Bearer sk-test-project";
    const other = "Bearer sk-wrong";
    await assertRefusedAlike(401, { authorization: [one, other] });
    await assertRefusedAlike(401, { authorization: [other, one] });
  });

  /** The next line of a request whose client left. */
  const left = () =>
    new Promise<Line>((resolve) =>
      told.on("line", (line) => {
        if (line.status === 499) resolve(line);
      }),
    );

  test("a client that leaves ends its generation, and its request counts as cancelled", async () => {
    const sent = { body: json({ ...hello, messages: [{ role: "user", content: "wait" }] }) };
    const ended = left();
    const asked = post(port, sent).on("error", () => {});
    asked.end(sent.body);
    await once(told, "asked");
    asked.destroy();
    const { requestId, path } = await ended;
    assert.equal(path, CHAT);
    const { data } = await app.json(app.call("/v1/perennial/requests?limit=100"));
    const found = data.find(({ request_id: id }: { request_id: string }) => id === requestId);
    assert.equal(found?.status, "cancelled");
  });

  test("a client that leaves in the middle of its body is logged as one that left", async () => {
    const ended = left();
    const before = lines.filter(({ level }) => Number(level) >= 50).length;
    const asked = post(port, { body: "{}", headers: { "content-length": "100" } }).on("error", () => {});
    asked.write("{");
    await once(told, "request");
    asked.destroy();
    assert.equal((await ended).path, CHAT);
    assert.equal(lines.filter(({ level }) => Number(level) >= 50).length, before);
  });
});
