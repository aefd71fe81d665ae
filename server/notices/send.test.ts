import assert from "node:assert/strict";
import type { LookupFunction } from "node:net";
import { test } from "node:test";
import { answerWith, createReceiver } from "./fixtures/receiver.ts";
import { createSend, KEPT_BYTES, publicOnly } from "./send.ts";

const forever = new AbortController().signal;
const requestTo = (url: string) => ({ url, headers: { "webhook-id": "evt_1" }, body: '{"a":"ü"}' });

/** A name server that the test plays: each look-up takes the next answer. */
const playedLookup = (...answers: string[][]) => {
  const asked: string[] = [];
  const lookup: LookupFunction = (name, _options, callback) => {
    asked.push(name);
    const addresses = answers.length > 1 ? answers.shift() : answers[0];
    callback(
      null,
      (addresses ?? []).map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
    );
  };
  return { lookup, asked };
};

test("a webhook goes out as a POST with the body byte for byte, and the answer's beginning is kept", async () => {
  await using receiver = await createReceiver(answerWith(201, { "retry-after": "7" }, "x".repeat(10_000)));
  const reply = await createSend({ allowsPrivate: true })(requestTo(receiver.url), forever);
  const [got] = await receiver.first(1);
  assert.equal(got?.body, '{"a":"ü"}');
  assert.equal(got?.headers["content-length"], "10");
  assert.equal(got?.headers["webhook-id"], "evt_1");
  assert.deepEqual([reply.statusCode, reply.error, reply.retryAfter], [201, null, "7"]);
  assert.equal(reply.response, "x".repeat(KEPT_BYTES));
  assert.ok(Number.isInteger(reply.durationMs));
});

test("a name that nobody knows is an error of the delivery, as Node itself reports it", async () => {
  const reply = await createSend({ allowsPrivate: false })(requestTo("https://nowhere.invalid/"), forever);
  assert.equal(reply.statusCode, null);
  assert.match(reply.error ?? "", /ENOTFOUND|EAI_AGAIN/);
  const found = Promise.withResolvers<string | undefined>();
  const unknown: LookupFunction = (_name, _options, callback) =>
    Reflect.apply(callback, undefined, [Object.assign(new Error("unknown"), { code: "ENOTFOUND" })]);
  publicOnly(unknown)("nowhere.invalid", {}, (error) => found.resolve(error?.code));
  assert.equal(await found.promise, "ENOTFOUND");
});

test("a redirect is not followed", async () => {
  await using target = await createReceiver();
  await using receiver = await createReceiver(answerWith(302, { location: target.url }));
  const reply = await createSend({ allowsPrivate: true })(requestTo(receiver.url), forever);
  assert.equal(reply.statusCode, 302);
  assert.match(reply.error ?? "", /redirects are not followed/);
  assert.equal(target.received.length, 0);
});

test("an endpoint that does not answer in time, or is not there, is told in a sentence", async () => {
  await using receiver = await createReceiver(() => {});
  const send = createSend({ allowsPrivate: true, timeoutMs: 50 });
  const late = await send(requestTo(receiver.url), forever);
  assert.deepEqual([late.statusCode, late.error], [null, "No answer within 0.05 seconds."]);
  const closed = await createReceiver();
  await closed[Symbol.asyncDispose]();
  assert.match((await send(requestTo(closed.url), forever)).error ?? "", /ECONNREFUSED/);
  await using rude = await createReceiver((response) => response.socket?.destroy());
  assert.match((await send(requestTo(rude.url), forever)).error ?? "", /hang up/);
});

test("an answer whose body never ends counts by its status", async () => {
  await using receiver = await createReceiver((response) => {
    response.writeHead(200);
    response.write("so far");
  });
  const reply = await createSend({ allowsPrivate: true, timeoutMs: 100 })(requestTo(receiver.url), forever);
  assert.deepEqual([reply.statusCode, reply.error, reply.response], [200, null, "so far"]);
});

test("by default nothing goes to an address that is not public, however it is named", async () => {
  await using receiver = await createReceiver();
  const { port } = receiver;
  const hosts = [
    ...["127.0.0.1", "[::1]", "10.0.0.1", "169.254.169.254", "[::ffff:127.0.0.1]", "localhost"],
    ...["2130706433", "0x7f000001", "017700000001", "0x7f.1", "127.1", "0", "a.localhost"],
  ];
  for (const host of hosts) {
    const reply = await createSend({ allowsPrivate: false })(requestTo(`https://${host}:${port}/`), forever);
    assert.equal(reply.statusCode, null, host);
    assert.match(reply.error ?? "", /not an address of the public internet/, host);
  }
  assert.equal(receiver.received.length, 0);
});

test("a name that stands for a private address is refused at the moment of connecting", async () => {
  await using receiver = await createReceiver();
  const url = `https://hooks.example:${receiver.port}/`;
  for (const address of ["127.0.0.1", "::1", "10.1.2.3", "169.254.169.254", "::ffff:127.0.0.1", "fd00::1"]) {
    const { lookup, asked } = playedLookup([address]);
    const reply = await createSend({ allowsPrivate: false, lookup })(requestTo(url), forever);
    assert.match(reply.error ?? "", /hooks\.example is not an address of the public internet/);
    assert.deepEqual(asked, ["hooks.example"]);
  }
  assert.equal(receiver.received.length, 0);
});

test("of a name's addresses only the public ones are handed on, in the form that was asked for", async () => {
  const lookup = publicOnly(playedLookup(["10.0.0.1", "1.1.1.1", "::1", "2606:4700::1111"]).lookup);
  const ask = (all: boolean) =>
    new Promise((resolve) => lookup("hooks.example", { all }, (error, found) => resolve([error, found])));
  const both = [
    { address: "1.1.1.1", family: 4 },
    { address: "2606:4700::1111", family: 6 },
  ];
  assert.deepEqual(await ask(true), [null, both]);
  assert.deepEqual(await ask(false), [null, "1.1.1.1"]);
});

test("a name is looked up once an attempt, so it cannot mean one address when checked and another when used", async () => {
  await using receiver = await createReceiver();
  const { lookup, asked } = playedLookup(["10.0.0.1"], ["127.0.0.1"]);
  const send = createSend({ allowsPrivate: false, lookup });
  const reply = await send(requestTo(`https://hooks.example:${receiver.port}/`), forever);
  assert.match(reply.error ?? "", /not an address of the public internet/);
  assert.deepEqual([asked.length, receiver.received.length], [1, 0]);
});

test("a URL that was stored under a looser rule is refused under the stricter one", async () => {
  const reply = await createSend({ allowsPrivate: false })(requestTo("http://example.com/"), forever);
  assert.match(reply.error ?? "", /use https/);
});
