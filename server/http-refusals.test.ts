import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { ErrorBody } from "../contract/errors.ts";
import { close, createHttpServer, listen } from "./http-server.ts";

const http = createHttpServer(async (request: Request) => new Response(await request.text()));
let port = 0;
before(async () => {
  port = await listen(http, 0, "127.0.0.1");
});
after(() => close(http));

async function answerTo(sent: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  socket.write(sent);
  return text(socket);
}

const cases: [name: string, status: number, sent: string, says: RegExp][] = [
  [
    "a host that is none",
    400,
    "GET /v1/models HTTP/1.1\r\nhost: a b\r\nconnection: close\r\n\r\n",
    /Host header/,
  ],
  ["no host", 400, "GET /v1/models HTTP/1.1\r\nconnection: close\r\n\r\n", /Host header/],
  ["OPTIONS *", 400, "OPTIONS * HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", /a path such as/],
  [
    "a path that is none",
    400,
    "GET http:// HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
    /a path such as/,
  ],
  ["CONNECT", 400, "CONNECT x:80 HTTP/1.1\r\nhost: x\r\n\r\n", /a path such as/],
  ["no HTTP at all", 400, "hello\r\n\r\n", /not valid HTTP/],
  [
    "a length that is no number",
    400,
    "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: x\r\n\r\n",
    /not valid HTTP/,
  ],
  [
    "a chunk without a length",
    400,
    "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    /not valid HTTP/,
  ],
  ["an expectation", 417, "POST / HTTP/1.1\r\nhost: x\r\nexpect: miracles\r\n\r\n", /100-continue/],
  ["large headers", 431, `GET / HTTP/1.1\r\nhost: x\r\na: ${"x".repeat(1_000_000)}\r\n\r\n`, /16 KB/],
];
for (const [name, status, sent, says] of cases) {
  test(`${name} is refused in OpenAI's shape, with ${status}`, async () => {
    const answer = await answerTo(sent);
    const [head = "", body = ""] = answer.split("\r\n\r\n");
    assert.match(head, new RegExp(`^HTTP/1.1 ${status} `));
    assert.match(head, /content-type: application\/json/i);
    assert.match(head, /x-should-retry: false/i);
    assert.match(ErrorBody.parse(JSON.parse(body.replace(/^[0-9a-f]+\r\n|\r\n0$/g, ""))).error.message, says);
  });
}

test("what follows a request that was answered is refused by itself", async () => {
  const socket = connect(port, "127.0.0.1");
  socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
  const [first] = await once(socket, "data");
  assert.match(String(first), /^HTTP\/1.1 200 /);
  socket.write("nonsense\r\n\r\n");
  assert.match(await text(socket), /^HTTP\/1.1 400 Bad Request\r\n.*not valid HTTP/s);
});

test("a client that goes away with its answer leaves the server up", async () => {
  for (const sent of ["CONNECT x:80 HTTP/1.1\r\nhost: x\r\n\r\n", "hello\r\n\r\n"]) {
    const closed = new Promise((resolve) =>
      http.once("connection", (served) => served.once("close", resolve)),
    );
    const socket = connect(port, "127.0.0.1");
    socket.write(sent);
    await once(socket, "data");
    socket.resetAndDestroy();
    await closed;
  }
  const headers = { connection: "close" };
  assert.equal(
    (await fetch(`http://127.0.0.1:${port}/`, { method: "POST", body: "up", headers })).status,
    200,
  );
});
