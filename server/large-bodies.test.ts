import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { ErrorBody } from "../contract/errors.ts";
import { close, createHttpServer, listen } from "./http-server.ts";
import { createTestApp } from "./test-app.ts";

/** More than the buffers of any two sockets, and than a web server reads of a request that it has answered. */
const BODY_BYTES = 80 * 1024 * 1024;
const body = new Uint8Array(BODY_BYTES).fill(32);

const app = await createTestApp();
const http = createHttpServer(app.app.fetch);
let origin = "";
before(async () => {
  origin = `http://127.0.0.1:${await listen(http, 0, "127.0.0.1")}`;
});
after(async () => {
  await close(http);
  await app[Symbol.asyncDispose]();
});

type Answer = { readonly status: number; readonly text: string };
type Sent = { readonly path: string; readonly headers: Readonly<Record<string, string>> };

async function byFetch({ path, headers }: Sent): Promise<Answer> {
  const response = await fetch(origin + path, { method: "POST", headers, body });
  return { status: response.status, text: await response.text() };
}

/** Looks at the answer only once everything is sent, as many clients do. */
async function byHttp({ path, headers }: Sent, more: Record<string, string> = {}): Promise<Answer> {
  const sent = request(origin + path, { method: "POST", headers: { ...headers, ...more } });
  const answered = once(sent, "response");
  const finished = once(sent, "finish");
  sent.end(body);
  const [[response]] = await Promise.all([answered, finished]);
  return { status: response.statusCode, text: await text(response) };
}

const ways: [string, (sent: Sent) => Promise<Answer>][] = [
  ["fetch", byFetch],
  ["node:http", byHttp],
  ["node:http, of a length that is told", (sent) => byHttp(sent, { "content-length": String(BODY_BYTES) })],
];
const authorization = "Bearer sk-test-project";
const json = { authorization, "content-type": "application/json" };
const cases: [name: string, status: number, sent: Sent][] = [
  ["JSON of more than 32 MB", 413, { path: "/v1/chat/completions", headers: json }],
  ["a file that is no form", 415, { path: "/v1/files", headers: json }],
  ["a part that is no form", 404, { path: "/v1/uploads/upload_x/parts", headers: json }],
  ["an unknown address of the API", 413, { path: "/v1/nothing", headers: json }],
  ["an unknown address", 404, { path: "/nothing", headers: json }],
  ["a call without a key", 401, { path: "/v1/files", headers: { "content-type": "application/json" } }],
  [
    "a call with a wrong key",
    401,
    { path: "/v1/chat/completions", headers: { authorization: "Bearer sk-x" } },
  ],
];
for (const [name, status, sent] of cases) {
  for (const [way, send] of ways) {
    test(`${name} and a large body is answered with ${status}: ${way}`, async () => {
      const answer = await send(sent);
      assert.equal(answer.status, status);
      assert.ok(ErrorBody.parse(JSON.parse(answer.text)).error.message);
    });
  }
}
