import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { Hono } from "hono";
import { close, createHttpServer, listen } from "../http-server.ts";
import { answerWithEvents } from "./event-stream.ts";
import type { AppEnv } from "./http.ts";

async function serve(t: TestContext, events: () => AsyncGenerator<string>) {
  const left = Promise.withResolvers<void>();
  const app = new Hono<AppEnv>();
  app.use(async (c, next) => {
    await next();
    c.res.headers.set("x-later", "yes");
  });
  app.get("/", (c) => answerWithEvents(c, { events: events(), onLeave: () => left.resolve() }));
  const http = createHttpServer(app.fetch);
  const port = await listen(http, 0, "127.0.0.1");
  t.after(() => close(http));
  const url = `http://127.0.0.1:${port}/`;
  async function open() {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    socket.write("GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n");
    return socket;
  }
  return { url, app, open, left: left.promise };
}

async function* two() {
  yield "data: 1\n\n";
  yield "data: – 2\n\n";
}

test("events go out under the head that the middleware made, with and without a connection", async (t) => {
  const { url, app } = await serve(t, two);
  for (const answer of [await fetch(url), await app.request("/")]) {
    assert.equal(answer.headers.get("content-type"), "text/event-stream; charset=utf-8");
    assert.equal(answer.headers.get("x-later"), "yes");
    assert.equal(await answer.text(), "data: 1\n\ndata: – 2\n\n");
  }
  const head = await fetch(url, { method: "HEAD" });
  assert.deepEqual([head.status, await head.text()], [200, ""]);
});

test("a stream is sent in chunks, the last of which is empty", async (t) => {
  const { open } = await serve(t, two);
  const socket = await open();
  const answer = await text(socket);
  assert.match(answer, /transfer-encoding: chunked/i);
  assert.match(answer, /\r\n\r\n.*data: 1\n\n.*0\r\n\r\n$/s);
});

test("the head is there before the first event", async (t) => {
  const begin = Promise.withResolvers<void>();
  const { url } = await serve(t, async function* () {
    await begin.promise;
    yield "data: late\n\n";
  });
  const answer = await fetch(url);
  begin.resolve();
  assert.equal(await answer.text(), "data: late\n\n");
});

test("a client that leaves ends the events", async (t) => {
  const ended = Promise.withResolvers<void>();
  const { open, left } = await serve(t, async function* () {
    try {
      for (;;) {
        yield "data: more\n\n";
        await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      ended.resolve();
    }
  });
  const socket = await open();
  await once(socket, "data");
  socket.destroy();
  await Promise.all([left, ended.promise]);
});

test("events are made as fast as the client reads them, and no faster", async (t) => {
  let made = 0;
  const event = `data: ${"x".repeat(100_000)}\n\n`;
  const { open } = await serve(t, async function* () {
    for (; made < 1000; made += 1) yield event;
  });
  const socket = await open();
  await once(socket, "readable");
  let before = -1;
  while (before !== made) {
    before = made;
    for (let turns = 0; turns < 200; turns += 1) await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(made < 1000, `${made} events`);
  assert.ok((await text(socket)).length > 1000 * event.length);
});

test("events that fail break the connection off", async (t) => {
  const { url } = await serve(t, async function* () {
    yield "data: 1\n\n";
    throw new Error("broken");
  });
  await assert.rejects(fetch(url).then((answer) => answer.text()));
});
