import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Serving } from "../assemble.ts";
import { openRequestDatabase } from "../database/database.ts";
import { bytes, CHAT, end, hello, piece, usage } from "../generation/fixtures/played-answers.ts";
import { createTestApp, type TestApp } from "../test-app.ts";

const RESPONSES = "/v1/responses";
const DONE = "data: [DONE]\n\n";
const streamed = { ...hello, stream: true };
const said = { model: "tiny-base", input: "hi" };

function newFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "perennial-metering-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Resolves once the signal is aborted, with the reason as an engine would. */
async function* saysThenHangs(signal: AbortSignal) {
  yield Buffer.from(piece("x"));
  signal.throwIfAborted();
  await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
}

/** What was written of the requests that `ask` makes, in the order of their ends. */
async function metered(t: TestContext, ask: (app: TestApp) => Promise<unknown>, chat?: Serving["chat"]) {
  const folder = newFolder(t);
  {
    await using app = await createTestApp({ folder, ...(chat ? { serving: { chat } } : {}) });
    await ask(app);
  }
  const db = openRequestDatabase(join(folder, "requests.sqlite"));
  const rows = await db.selectFrom("requests").selectAll().orderBy("seq").execute();
  const hours = await db.selectFrom("usage_hours").selectAll().execute();
  const minutes = await db.selectFrom("usage_minutes").selectAll().execute();
  await db.destroy();
  return { rows, hours, minutes };
}

const toText = async (response: Response | Promise<Response>) => await (await response).text();

test("each endpoint's answers are metered, whole and streamed, with their tokens and times", async (t) => {
  const ids: (string | null)[] = [];
  const { rows } = await metered(t, async (app) => {
    for (const [path, body] of [
      [CHAT, hello],
      [CHAT, streamed],
      ["/v1/completions", { model: "tiny-base", prompt: "hi" }],
      ["/v1/completions", { model: "tiny-base", prompt: "hi", stream: true }],
      [RESPONSES, said],
      [RESPONSES, { ...said, stream: true }],
    ] as const) {
      const response = await app.post(path, body);
      ids.push(response.headers.get("x-request-id"));
      await response.text();
    }
  });
  assert.deepEqual(
    rows.map((row) => [row.endpoint, row.is_streamed, row.status, row.input_tokens, row.output_tokens]),
    [
      ["chat", 0, "ok", 5, 1],
      ["chat", 1, "ok", 5, 1],
      ["completions", 0, "ok", 1, 1],
      ["completions", 1, "ok", 1, 1],
      ["responses", 0, "ok", 5, 1],
      ["responses", 1, "ok", 5, 1],
    ],
  );
  assert.deepEqual(
    rows.map((row) => row.request_id),
    ids,
  );
  for (const { is_streamed, first_token_ms, duration_ms, created_at } of rows) {
    assert.equal(first_token_ms !== null, is_streamed === 1);
    assert.ok((first_token_ms ?? 0) <= duration_ms && duration_ms > 0);
    assert.equal(created_at, 1_800_000_000);
  }
});

test("tokens that an engine had cached are counted", async (t) => {
  const details = { prompt_tokens_details: { cached_tokens: 1024 } };
  const counted = { prompt_tokens: 2000, completion_tokens: 2, total_tokens: 2002, ...details };
  const told = `data: ${JSON.stringify({ choices: [], usage: counted })}\n\n`;
  const chat = async () => ({ status: 200, body: bytes(piece("a"), end, told, DONE) });
  const { rows, hours, minutes } = await metered(t, (app) => toText(app.post(CHAT, streamed)), chat);
  assert.equal(rows[0]?.cached_tokens, 1024);
  for (const [span] of [hours, minutes]) {
    assert.deepEqual(
      [span?.requests, span?.input_tokens, span?.output_tokens, span?.cached_tokens],
      [1, 2000, 2, 1024],
    );
  }
});

test("what is refused is metered by why, and is no use", async (t) => {
  const long = `m${"o".repeat(500)}`;
  const { rows, hours } = await metered(t, async (app) => {
    await app.post(CHAT, { ...hello, model: long });
    await app.post(CHAT, { ...hello, max_tokens: 999_999 });
    await app.post(RESPONSES, { ...said, previous_response_id: "resp_none" });
  });
  assert.deepEqual(
    rows.map(({ model, status, endpoint }) => [model.slice(0, 9), model.length, status, endpoint]),
    [
      ["moooooooo", 200, "model_not_found", "chat"],
      ["tiny-base", 9, "invalid_value", "chat"],
      ["tiny-base", 9, "previous_response_not_found", "responses"],
    ],
  );
  assert.deepEqual(hours, []);
});

for (const [name, path, body] of [
  ["chat", CHAT, streamed],
  ["response", RESPONSES, { ...said, stream: true }],
] as const) {
  test(`an engine that breaks off in the middle of a ${name} is metered as what it is`, async (t) => {
    const chat = async () => ({ status: 200, body: bytes(piece("a")) });
    const { rows, hours } = await metered(t, (app) => toText(app.post(path, body)), chat);
    assert.deepEqual(
      rows.map((row) => [row.status, row.output_tokens]),
      [["engine_unavailable", 1]],
    );
    assert.equal(hours[0]?.output_tokens, 1);
  });

  for (const [when, reads] of [
    ["before", 0],
    ["in the middle of", 3],
  ] as const) {
    test(`a client that leaves ${when} a streamed ${name} has cancelled it`, async (t) => {
      const chat: Serving["chat"] = async (_target, _body, signal) => ({
        status: 200,
        body: saysThenHangs(signal),
      });
      const leave = async (app: TestApp) => {
        const reader = (await app.post(path, body)).body?.getReader();
        for (let read = 0; read < (path === CHAT ? Math.min(reads, 1) : reads); read += 1)
          await reader?.read();
        await reader?.cancel();
      };
      const { rows } = await metered(t, leave, chat);
      assert.deepEqual(
        rows.map(({ status }) => status),
        ["cancelled"],
      );
    });
  }
}

test("a background response is metered once, by its own id, when it has been made", async (t) => {
  let id = "";
  const { rows } = await metered(t, async (app) => {
    id = (await app.json(app.post(RESPONSES, { ...said, background: true }))).id;
    await toText(app.call(`${RESPONSES}/${id}?stream=true`));
  });
  assert.deepEqual(
    rows.map((row) => [row.request_id, row.status, row.first_token_ms]),
    [[id, "ok", null]],
  );
});

test("a choice of several is one request with the tokens of all", async (t) => {
  const chat = async () => ({ status: 200, body: bytes(piece("a"), end, usage, DONE) });
  const { rows } = await metered(t, (app) => toText(app.post(CHAT, { ...streamed, n: 3 })), chat);
  assert.deepEqual(
    rows.map((row) => [row.input_tokens, row.output_tokens]),
    [[4, 6]],
  );
});
