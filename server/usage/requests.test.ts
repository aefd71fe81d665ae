import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { RequestPage, UsagePage } from "../../contract/usage.ts";
import { CHAT, hello } from "../generation/fixtures/played-answers.ts";
import { createTestApp, type TestApp } from "../test-app.ts";

const ADMIN = "sk-test-admin";
const MY_KEY = "sk-test-project";
const LIST = "/v1/perennial/requests";
const USAGE = "/v1/perennial/usage";
const OPENAI_USAGE = "/v1/organization/usage/completions";
const streamed = { ...hello, stream: true };

const ask = async (app: TestApp, body: object, key = MY_KEY) => (await app.post(CHAT, body, key)).text();
const list = async (app: TestApp, query = "", key = MY_KEY) =>
  RequestPage.parse(await app.json(app.call(`${LIST}${query}`, {}, key)));
const usage = async (app: TestApp, query = "", key = MY_KEY, path = USAGE) =>
  UsagePage.parse(await app.json(app.call(`${path}${query}`, {}, key)));

async function createClockedApp(start: number, environment: Record<string, string> = {}, folder?: string) {
  const clock = { now: start };
  const app = await createTestApp({ now: () => clock.now, environment, ...(folder ? { folder } : {}) });
  return { ...app, clock };
}
const NOON = 1_800_014_400 - (1_800_014_400 % 86_400) + 43_200;

test("requests are listed as soon as they have ended, newest first, page by page", async () => {
  await using app = await createClockedApp(NOON);
  for (const body of [hello, streamed, { ...hello, model: "none" }]) await ask(app, body);
  const { data, has_more } = await list(app);
  assert.equal(has_more, false);
  assert.deepEqual(
    data.map(({ model, status, stream, endpoint }) => [model, status, stream, endpoint]),
    [
      ["none", "model_not_found", false, "chat"],
      ["tiny-base", "ok", true, "chat"],
      ["tiny-base", "ok", false, "chat"],
    ],
  );
  const ids: string[] = [];
  for (let page = await list(app, "?limit=1"); ; page = await list(app, `?limit=1&after=${page.last_id}`)) {
    ids.push(...page.data.map(({ id }) => id));
    if (!page.has_more) break;
  }
  assert.deepEqual(
    ids,
    data.map(({ id }) => id),
  );
});

test("requests are found by model, by how they ended, and since when", async () => {
  await using app = await createClockedApp(NOON);
  await ask(app, hello);
  await ask(app, { ...hello, model: "none" });
  app.clock.now += 60;
  await ask(app, { ...hello, max_tokens: 999_999 });
  const statuses = async (query: string) => (await list(app, query)).data.map(({ status }) => status);
  assert.deepEqual(await statuses("?model=tiny-base"), ["invalid_value", "ok"]);
  assert.deepEqual(await statuses("?status=ok"), ["ok"]);
  assert.deepEqual(await statuses("?status=failed"), ["invalid_value", "model_not_found"]);
  assert.deepEqual(await statuses("?status=model_not_found&model=none"), ["model_not_found"]);
  assert.deepEqual(await statuses(`?since=${NOON + 60}`), ["invalid_value"]);
  assert.deepEqual(await statuses("?status=cancelled"), []);
});

test("a filtered list looks at so many rows a page, and goes on where it stopped", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "perennial-requests-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  {
    await using app = await createClockedApp(NOON, {}, folder);
    await ask(app, { ...hello, model: "none" });
    await ask(app, hello);
    await list(app);
  }
  const database = new DatabaseSync(join(folder, "requests.sqlite"));
  // As many again as a page looks at, and half of it.
  database.exec(`with recursive n(i) as (select 1 union all select i + 1 from n where i < 15000)
    insert into requests select seq + i, request_id, created_at, organization_id, project_id, key_id, model,
      endpoint, is_streamed, status, input_tokens, output_tokens, cached_tokens, first_token_ms, duration_ms
    from n, (select * from requests where status = 'ok')`);
  database.close();
  await using app = await createClockedApp(NOON, {}, folder);
  const first = await list(app, "?status=failed");
  assert.deepEqual([first.data.length, first.has_more], [0, true]);
  const second = await list(app, `?status=failed&after=${first.last_id}`);
  assert.deepEqual([second.data.map(({ status }) => status), second.has_more], [["model_not_found"], false]);
});

test("a project sees its own requests and use, an admin its organization's", async () => {
  await using app = await createClockedApp(NOON);
  const other = await app.otherKey();
  const organization = await app.json(app.post("/v1/perennial/organizations", { name: "acme" }, ADMIN));
  await ask(app, hello);
  await ask(app, hello, other);
  const seen = async (key: string) => (await list(app, "", key)).data.length;
  assert.deepEqual(await Promise.all([MY_KEY, other, ADMIN, organization.admin_key].map(seen)), [1, 1, 2, 0]);
  const mine = (await list(app)).data[0]?.project_id;
  assert.equal((await list(app, `?project_id=${mine}`, ADMIN)).data[0]?.project_id, mine);
  assert.equal((await list(app, `?project_id=${mine}`, organization.admin_key)).data.length, 0);
  assert.equal((await app.call(`${LIST}?project_id=${mine}`, {}, other)).status, 403);
  const used = async (key: string) =>
    (await usage(app, "", key)).data.flatMap(({ results }) => results).map((one) => one.num_model_requests);
  assert.deepEqual(await Promise.all([MY_KEY, other, ADMIN, organization.admin_key].map(used)), [
    [1],
    [1],
    [2],
    [],
  ]);
  assert.deepEqual(
    (await usage(app, `?project_ids=${mine}`, other)).data.flatMap(({ results }) => results).length,
    1,
  );
});

for (const [width, seconds] of [
  ["1m", 60],
  ["1h", 3600],
  ["1d", 86_400],
] as const) {
  test(`use is summed by ${width}, with empty buckets between`, async () => {
    await using app = await createClockedApp(NOON);
    await ask(app, hello);
    await ask(app, streamed);
    app.clock.now += 2 * seconds;
    await ask(app, hello);
    const { data, has_more } = await usage(app, `?bucket_width=${width}`);
    const from = NOON - (NOON % seconds);
    assert.deepEqual(
      data.map((bucket) => [
        bucket.start_time,
        bucket.end_time,
        bucket.results.map((one) => [one.num_model_requests, one.input_tokens, one.output_tokens]),
      ]),
      [
        [from, from + seconds, [[2, 10, 2]]],
        [from + seconds, from + 2 * seconds, []],
        [from + 2 * seconds, from + 3 * seconds, [[1, 5, 1]]],
      ],
    );
    assert.equal(has_more, false);
    const page = await usage(app, `?start_time=0&bucket_width=${width}&limit=2`, ADMIN, OPENAI_USAGE);
    assert.deepEqual([page.data.length, page.has_more], [2, true]);
    const next = `?start_time=0&bucket_width=${width}&limit=2&page=${page.next_page}`;
    const last = await usage(app, next, ADMIN, OPENAI_USAGE);
    assert.deepEqual([last.data.length, last.has_more, last.next_page], [1, false, null]);
  });
}

test("use is told apart by project, key and model, and asked for by them", async () => {
  await using app = await createClockedApp(NOON);
  const other = await app.otherKey();
  await ask(app, hello);
  await ask(app, hello, other);
  const groups = "group_by[]=project_id&group_by[]=api_key_id&group_by[]=model";
  for (const width of ["1m", "1h", "1d"]) {
    const path = `?start_time=0&bucket_width=${width}`;
    const { data } = await usage(app, `${path}&${groups}`, ADMIN, OPENAI_USAGE);
    const results = data.flatMap((bucket) => bucket.results);
    assert.equal(new Set(results.map((one) => one.project_id)).size, 2);
    assert.equal(new Set(results.map((one) => one.api_key_id)).size, 2);
    assert.deepEqual([...new Set(results.map((one) => one.model))], ["tiny-base"]);
    const [first] = results;
    const found = async (filter: string) =>
      (await usage(app, `${path}&${filter}`, ADMIN, OPENAI_USAGE)).data.flatMap((one) => one.results).length;
    assert.equal(await found(`api_key_ids[]=${first?.api_key_id}&project_ids=${first?.project_id}`), 1);
    assert.equal(await found("models[]=none"), 0);
    assert.equal(await found("user_ids[]=user-1"), 0);
    assert.equal(await found("batch=true"), 0);
  }
});

test("what nobody used has no buckets", async () => {
  await using app = await createClockedApp(NOON);
  for (const width of ["1m", "1h", "1d"])
    assert.deepEqual(await usage(app, `?bucket_width=${width}`), {
      object: "page",
      data: [],
      has_more: false,
      next_page: null,
    });
});

test("rows go after their days, and sums stay; with 0 days there are none", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "perennial-requests-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  {
    await using app = await createClockedApp(NOON, { PERENNIAL_REQUEST_LOG_DAYS: "2" }, folder);
    await ask(app, hello);
    app.clock.now += 2 * 86_400;
    await ask(app, hello);
    await app.expireMetering();
    assert.equal((await list(app)).data.length, 2);
    app.clock.now += 1;
    await app.expireMetering();
    assert.equal((await list(app)).data.length, 1);
    assert.equal((await usage(app)).data.flatMap(({ results }) => results).length, 2);
  }
  await using app = await createClockedApp(NOON + 3 * 86_400, { PERENNIAL_REQUEST_LOG_DAYS: "0" }, folder);
  await ask(app, hello);
  await app.expireMetering();
  assert.equal((await list(app)).data.length, 0);
  assert.equal((await usage(app)).data.flatMap(({ results }) => results).length, 3);
});

test("the metrics count requests, tokens and times by endpoint, model and status", async () => {
  await using app = await createTestApp();
  await ask(app, hello);
  await ask(app, streamed);
  await ask(app, { ...hello, model: 'no"such' });
  const text = await (await app.app.request("/metrics")).text();
  for (const line of [
    'perennial_requests_total{endpoint="chat",model="tiny-base",status="ok"} 2',
    'perennial_requests_total{endpoint="chat",model="unknown",status="model_not_found"} 1',
    'perennial_input_tokens_total{endpoint="chat",model="tiny-base"} 10',
    'perennial_output_tokens_total{endpoint="chat",model="tiny-base"} 2',
    'perennial_cached_tokens_total{endpoint="chat",model="tiny-base"} 0',
    'perennial_request_duration_seconds_count{endpoint="chat",model="tiny-base"} 2',
    'perennial_request_duration_seconds_bucket{endpoint="chat",model="tiny-base",le="+Inf"} 2',
    'perennial_time_to_first_token_seconds_count{endpoint="chat",model="tiny-base"} 1',
    "perennial_metered_rows_lost_total 0",
  ])
    assert.ok(text.split("\n").includes(line), `${line}\n${text}`);
  assert.equal(text.includes('no"such'), false);
  assert.equal(text.includes("proj_"), false);
});
