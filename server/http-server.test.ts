import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { close, createHttpServer, listen } from "./http-server.ts";

const IDLE_MS = 150;
const STEP_MS = 50;

/** A server that says how long the body was, after thinking about it longer than a socket may be idle. */
async function start(t: TestContext, think: number): Promise<number> {
  const http = createHttpServer(
    async (request: Request) => {
      const { length } = await request.text();
      await wait(think);
      return new Response(`read ${length}`);
    },
    { idleMs: IDLE_MS },
  );
  t.after(() => close(http));
  return listen(http, 0, "127.0.0.1");
}

async function open(port: number, bodyLength: number) {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  socket.write(`POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: ${bodyLength}\r\n\r\n`);
  return socket;
}

test("a body may take as long as it wants while something of it comes", async (t) => {
  const socket = await open(await start(t, 0), 8);
  const answer = text(socket);
  for (let sent = 0; sent < 8; sent += 1) {
    await wait(STEP_MS);
    socket.write("x");
  }
  assert.match(await answer, /^HTTP\/1.1 200 .*read 8$/s);
});

test("an answer may take as long as it wants", async (t) => {
  const socket = await open(await start(t, 3 * IDLE_MS), 1);
  socket.write("x");
  assert.match(await text(socket), /^HTTP\/1.1 200 .*read 1$/s);
});

test("a client that stops in the middle of its body is cut", async (t) => {
  const socket = await open(await start(t, 0), 8);
  socket.write("x");
  socket.resume();
  socket.on("error", () => {});
  await once(socket, "close");
});

test("a client that does not take its answer is cut", async (t) => {
  const http = createHttpServer(() => new Response(new Uint8Array(64 * 2 ** 20)), { idleMs: IDLE_MS });
  t.after(() => close(http));
  const connected = once(http, "connection");
  const socket = await open(await listen(http, 0, "127.0.0.1"), 0);
  t.after(() => socket.destroy());
  const [served] = await connected;
  await once(served, "close");
  assert.equal(socket.bytesRead < 64 * 2 ** 20, true);
});

test("no limit is put on the whole request, and one on its headers", () => {
  const http = createHttpServer(() => new Response());
  assert.deepEqual([http.requestTimeout, http.headersTimeout], [0, 60_000]);
});

test("a connection is kept for longer than a proxy keeps it, which is a minute", async (t) => {
  const port = await start(t, 0);
  const answer = await fetch(`http://127.0.0.1:${port}/`, { method: "POST" });
  assert.equal(await answer.text(), "read 0");
  assert.equal(answer.headers.get("keep-alive"), "timeout=75");
});

test("an address that this machine does not have is refused by the variable's name", async () => {
  for (const host of ["no-such-host.invalid", "192.0.2.1"]) {
    await assert.rejects(
      listen(
        createHttpServer(() => new Response()),
        0,
        host,
      ),
      { message: `PERENNIAL_HOST=${host}: this machine has no such address.` },
    );
  }
});

test("a port that is taken is refused by a sentence that says what to do", async (t) => {
  const port = await start(t, 0);
  await assert.rejects(
    listen(
      createHttpServer(() => new Response()),
      port,
      "127.0.0.1",
    ),
    /is taken: set PERENNIAL_PORT to another one\.$/,
  );
});
