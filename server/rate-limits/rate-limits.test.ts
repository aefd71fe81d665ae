import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { CHAT, hello } from "../generation/fixtures/played-answers.ts";
import { createTestApp, type TestApp } from "../test-app.ts";

const ADMIN = "sk-test-admin";
const PROJECTS = "/v1/organization/projects";
const streamed = { ...hello, stream: true };

async function createLimitedApp(environment: Record<string, string> = {}, folder?: string) {
  const clock = { ms: 0 };
  let asked = 0;
  const app = await createTestApp({
    environment,
    ...(folder ? { folder } : {}),
    serving: {
      chat: async (_target, body) => {
        asked += 1;
        const chunk = { choices: [{ index: 0, delta: { content: "x" }, finish_reason: "stop" }], usage };
        const whole = {
          choices: [{ finish_reason: "stop", message: { role: "assistant", content: "x" } }],
          usage,
        };
        const text = body.stream
          ? `data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`
          : JSON.stringify(whole);
        return { status: 200, body: once(text) };
      },
    },
    parts: { limitClockMs: () => clock.ms },
  });
  const { data } = await app.json(app.call(PROJECTS, {}, ADMIN));
  const limitPath = `${PROJECTS}/${data[0].id}/rate_limits/rl-tiny-base`;
  return { ...app, clock, limitPath, countAsked: () => asked };
}

const usage = { prompt_tokens: 30, completion_tokens: 10, total_tokens: 40 };
async function* once(text: string) {
  yield Buffer.from(text);
}

const limitHeaders = (response: Response) =>
  Object.fromEntries([...response.headers].filter(([name]) => name.startsWith("x-ratelimit-")));

const left = (response: Response) => [
  response.headers.get("x-ratelimit-remaining-requests"),
  response.headers.get("x-ratelimit-remaining-tokens"),
];

for (const [name, path, body] of [
  ["a chat", CHAT, hello],
  ["a streamed chat", CHAT, streamed],
  ["a completion", "/v1/completions", { model: "tiny-base", prompt: "hi" }],
  ["a streamed completion", "/v1/completions", { model: "tiny-base", prompt: "hi", stream: true }],
  ["a response", "/v1/responses", { model: "tiny-base", input: "hi" }],
  ["a streamed response", "/v1/responses", { model: "tiny-base", input: "hi", stream: true }],
  ["a background response", "/v1/responses", { model: "tiny-base", input: "hi", background: true }],
] as const) {
  test(`${name} says what is left of the limits`, async () => {
    await using app = await createLimitedApp({
      PERENNIAL_REQUESTS_PER_MINUTE: "600",
      PERENNIAL_TOKENS_PER_MINUTE: "60000",
    });
    const response = await app.post(path, body);
    await response.text();
    const used = 60_000 - Number(response.headers.get("x-ratelimit-remaining-tokens"));
    assert.ok(used >= 1 && used <= 3);
    assert.deepEqual(limitHeaders(response), {
      "x-ratelimit-limit-requests": "600",
      "x-ratelimit-limit-tokens": "60000",
      "x-ratelimit-remaining-requests": "599",
      "x-ratelimit-remaining-tokens": String(60_000 - used),
      "x-ratelimit-reset-requests": "100ms",
      "x-ratelimit-reset-tokens": `${used}ms`,
    });
  });
}

test("one request too many is refused in OpenAI's words, reaches no engine, and takes nothing", async () => {
  await using app = await createLimitedApp({ PERENNIAL_REQUESTS_PER_MINUTE: "3" });
  for (let index = 0; index < 3; index += 1) assert.equal((await app.post(CHAT, hello)).status, 200);
  for (const body of [hello, streamed]) {
    const response = await app.post(CHAT, body);
    const { error } = await app.json(response);
    assert.equal(response.status, 429);
    assert.match(
      error.message,
      /^Rate limit reached for tiny-base in organization org-\w+ on requests per min \(RPM\): Limit 3, Used 3, Requested 1\. Please try again in 20s\.$/,
    );
    assert.deepEqual([error.type, error.code, error.param], ["requests", "rate_limit_exceeded", null]);
    assert.deepEqual(
      ["retry-after", "retry-after-ms", "x-should-retry", "x-ratelimit-remaining-requests"].map((name) =>
        response.headers.get(name),
      ),
      ["20", "20000", "true", "0"],
    );
  }
  assert.equal(app.countAsked(), 3);
  app.clock.ms += 19_999;
  assert.equal((await app.post(CHAT, hello)).status, 429);
  app.clock.ms += 1;
  assert.equal((await app.post(CHAT, hello)).status, 200);
});

test("tokens are reserved by an estimate and corrected by what was used", async () => {
  await using app = await createLimitedApp({ PERENNIAL_TOKENS_PER_MINUTE: "1000" });
  const first = await app.post(CHAT, { ...hello, max_tokens: 500 });
  assert.equal(left(first)[1], "498");
  // 40 were used, so 960 are left, and 502 fit.
  const second = await app.post(CHAT, { ...streamed, max_tokens: 500 });
  await second.text();
  assert.deepEqual([second.status, left(second)[1]], [200, "458"]);
  const refused = await app.post(CHAT, { ...hello, max_tokens: 950 });
  const { error } = await app.json(refused);
  assert.match(error.message, /tokens per min \(TPM\): Limit 1000, Used 80, Requested 952\. .* in 1\.92s\.$/);
  assert.deepEqual([error.type, error.code], ["tokens", "rate_limit_exceeded"]);
});

test("a request that a limit can never let through is told so, and not to try again", async () => {
  await using app = await createLimitedApp({ PERENNIAL_TOKENS_PER_MINUTE: "100" });
  const response = await app.post(CHAT, { ...hello, max_tokens: 200 });
  const { error } = await app.json(response);
  assert.equal(response.status, 429);
  assert.match(error.message, /^Request too large for tiny-base .* Limit 100, Requested 202\. The input/);
  assert.equal(response.headers.get("x-should-retry"), "false");
  assert.equal(response.headers.get("retry-after"), null);
});

test("what is refused for another reason takes no request, and what fails gives its tokens back", async () => {
  await using app = await createLimitedApp({ PERENNIAL_REQUESTS_PER_MINUTE: "2" });
  assert.equal((await app.post(CHAT, { ...hello, max_tokens: 999_999 })).status, 400);
  assert.equal((await app.post(CHAT, { ...hello, model: "none" })).status, 404);
  await (await app.post(CHAT, hello)).text();
  assert.deepEqual(left(await app.post(CHAT, hello))[0], "0");
});

const change = (app: TestApp, path: string, body: object, key = ADMIN) => app.post(path, body, key);

test("a project's limit is shown, changed at once, kept over a restart, and given back", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "perennial-limits-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const limit = {
    object: "project.rate_limit",
    id: "rl-tiny-base",
    model: "tiny-base",
    max_requests_per_1_minute: 7,
    max_tokens_per_1_minute: 1_000_000_000,
  };
  {
    await using app = await createLimitedApp({}, folder);
    await app.post(CHAT, hello);
    const changed = await app.json(change(app, app.limitPath, { max_requests_per_1_minute: 7 }));
    assert.deepEqual(changed, limit);
    const response = await app.post(CHAT, hello);
    assert.deepEqual([response.headers.get("x-ratelimit-limit-requests"), left(response)[0]], ["7", "5"]);
  }
  await using app = await createLimitedApp({}, folder);
  const listed = await app.json(app.call(app.limitPath.replace(/\/[^/]+$/, ""), {}, ADMIN));
  assert.deepEqual(listed, {
    object: "list",
    data: [limit],
    first_id: limit.id,
    last_id: limit.id,
    has_more: false,
  });
  const back = await app.json(change(app, app.limitPath, { max_requests_per_1_minute: null }));
  assert.equal(back.max_requests_per_1_minute, 600_000);
});

test("one project's requests take nothing from another's, and limits are each project's own", async () => {
  await using app = await createLimitedApp({ PERENNIAL_REQUESTS_PER_MINUTE: "2" });
  const other = await app.otherKey();
  await change(app, app.limitPath, { max_requests_per_1_minute: 1 });
  assert.equal((await app.post(CHAT, hello)).status, 200);
  assert.equal((await app.post(CHAT, hello)).status, 429);
  assert.deepEqual(left(await app.post(CHAT, hello, other))[0], "1");
});

test("only an admin key of the organization sees and changes limits", async () => {
  await using app = await createLimitedApp();
  const organization = await app.json(app.post("/v1/perennial/organizations", { name: "acme" }, ADMIN));
  const path = app.limitPath.replace(/\/[^/]+$/, "");
  assert.equal((await app.call(path)).status, 403);
  assert.equal((await app.post(app.limitPath, {})).status, 403);
  assert.equal((await app.call(path, {}, organization.admin_key)).status, 404);
  assert.equal((await app.post(app.limitPath, {}, organization.admin_key)).status, 404);
});
