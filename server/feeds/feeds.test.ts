import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Deprecation } from "../../contract/deprecations.ts";
import { createTestApp, type TestApp } from "../test-app.ts";
import { applyChange, createDatedApp, LIFE } from "../test-lifecycle.ts";
import { parseXml } from "./test-xml.ts";

const app = await createDatedApp("2026-11-26T12:00:00Z", {
  environment: { PERENNIAL_PUBLIC_URL: "https://tuning.example.com/perennial/" },
});
after(() => app[Symbol.asyncDispose]());

const tinyBase = {
  id: "tiny-base",
  announced_at: "2026-11-01",
  training_ends_at: "2026-12-10",
  shutdown_at: "2027-01-10",
  reason: "Better <ones> are here.",
};
await applyChange(app, {
  models: [tinyBase],
  policies: [{ name: "closing", stages: [{ date: "2027-01-06", who: "everyone" }] }],
  accept: ["past_dates", "hits_nobody", "hits_everybody"],
});

const DEPRECATIONS = "/v1/perennial/deprecations";
const listed = async (query: string, key?: string): Promise<Deprecation[]> => {
  const { object, data, has_more } = await app.json(app.call(`${DEPRECATIONS}${query}`, {}, key));
  assert.deepEqual([object, has_more], ["list", false]);
  return data.map((one: unknown) => Deprecation.parse(one));
};
const vendorsOf = (entries: readonly Deprecation[]) =>
  [...new Set(entries.map(({ vendor }) => vendor))].sort();

test("the JSON list has this server's dates and the vendors', for a project's key and an admin key", async () => {
  for (const key of ["sk-test-project", "sk-test-admin"]) {
    assert.deepEqual(vendorsOf(await listed("", key)), ["azure", "openai", "own"]);
    assert.deepEqual(vendorsOf(await listed("?vendor=openai", key)), ["openai"]);
  }
  const own = await listed("?vendor=own");
  assert.deepEqual(
    own.map(({ id, state, successor, url }) => [id, state, successor, url]),
    [
      [
        "own:policy:closing",
        "announced",
        null,
        "https://tuning.example.com/perennial/deprecations#own%3Apolicy%3Aclosing",
      ],
      [
        "own:model:tiny-base",
        "announced",
        null,
        "https://tuning.example.com/perennial/deprecations#own%3Amodel%3Atiny-base",
      ],
    ],
  );
  assert.equal((await app.app.request(DEPRECATIONS)).status, 401);
});

test("the list is narrowed by day, both ends included", async () => {
  const days = (entries: readonly Deprecation[]) =>
    entries.flatMap(({ dates }) => dates.map(({ date }) => date));
  const january = await listed("?after=2027-01-14&before=2027-01-14");
  assert.ok(january.length >= 9);
  assert.ok(days(january).every((day) => day === "2027-01-14"));
  const evals = await listed("?vendor=openai&after=2026-10-31&before=2026-10-31");
  assert.deepEqual(
    evals.map(({ id }) => id),
    ["openai:evals"],
  );
});

const readable = [
  ["/deprecations", "text/html; charset=utf-8"],
  ["/deprecations.atom", "application/atom+xml; charset=utf-8"],
  ["/deprecations.ics", "text/calendar; charset=utf-8"],
  ["/deprecations.ics?vendor=openai", "text/calendar; charset=utf-8"],
] as const;

for (const [path, type] of readable) {
  test(`${path} is read without a key, and asked for again costs 304`, async () => {
    const first = await app.app.request(path);
    assert.deepEqual([first.status, first.headers.get("content-type")], [200, type]);
    assert.equal(first.headers.get("x-content-type-options"), "nosniff");
    assert.ok((await first.text()).length > 100);
    const etag = first.headers.get("etag") ?? "";
    const modified = first.headers.get("last-modified") ?? "";
    const current = [
      { "if-none-match": etag },
      { "if-none-match": `"other", W/${etag}` },
      { "if-none-match": "*" },
      { "if-modified-since": modified },
      { "if-none-match": etag, "if-modified-since": "Thu, 01 Jan 1970 00:00:00 GMT" },
    ];
    for (const headers of current) {
      const again = await app.app.request(path, { headers });
      assert.deepEqual([again.status, await again.text(), again.headers.get("etag")], [304, "", etag]);
    }
    const stale = [
      { "if-none-match": '"other"' },
      { "if-none-match": '"other"', "if-modified-since": modified },
      { "if-modified-since": "Thu, 01 Jan 1970 00:00:00 GMT" },
      { "if-modified-since": "yesterday" },
    ];
    for (const headers of stale) assert.equal((await app.app.request(path, { headers })).status, 200);
    const head = await app.app.request(path, { method: "HEAD" });
    assert.deepEqual([head.status, await head.text()], [200, ""]);
  });
}

test("the page has this server's dates above the vendors', and a policy that lets nothing in", async () => {
  const response = await app.app.request("/deprecations");
  assert.match(response.headers.get("content-security-policy") ?? "", /default-src 'none'/);
  const page = await response.text();
  assert.ok(page.indexOf("tiny-base") < page.indexOf("gpt-4o-2024-08-06"));
  assert.match(page, /Better &lt;ones&gt; are here\./);
});

test("feeds are of this server alone unless a vendor is asked for, with links to the public address", async () => {
  const own = await (await app.app.request("/deprecations.atom")).text();
  parseXml(own);
  assert.match(own, /tiny-base/);
  assert.doesNotMatch(own, /gpt-/);
  assert.match(own, /href="https:\/\/tuning\.example\.com\/perennial\/deprecations\.atom"/);
  const calendar = await (await app.app.request("/deprecations.ics?vendor=openai")).text();
  assert.match(calendar, /UID:openai%3Agpt-4o-2024-08-06\/shutdown@tuning\.example\.com/);
  assert.doesNotMatch(calendar, /tiny-base/);
});

test("a new day is another page, while feed and calendar stay as they are", async () => {
  const tags = () =>
    Promise.all(readable.map(async ([path]) => (await app.app.request(path)).headers.get("etag")));
  const [page, ...feeds] = await tags();
  const before = await app.app.request("/deprecations");
  app.set("2026-11-27T12:00:00Z");
  const [nextPage, ...nextFeeds] = await tags();
  assert.notEqual(nextPage, page);
  assert.deepEqual(nextFeeds, feeds);
  const since = before.headers.get("last-modified") ?? "";
  assert.equal(
    (await app.app.request("/deprecations", { headers: { "if-modified-since": since } })).status,
    200,
  );
});

test("a change is in the feed from the moment that it is applied until it is taken back", async () => {
  const own = async () => (await listed("?vendor=own")).map(({ id, updated_at }) => [id, updated_at]);
  const before = await own();
  const policy = {
    name: "later",
    scope: { method: "dpo" },
    stages: [{ date: "2027-06-01", who: "everyone" }],
  };
  const { id } = await applyChange(app, { policies: [policy], accept: ["hits_nobody", "hits_everybody"] });
  assert.deepEqual(await own(), [...before, ["own:policy:later", app.clock.now]]);
  const undone = await app.post(`${LIFE}/changes/${id}/undo`, {}, "sk-test-admin");
  assert.equal(undone.status, 200);
  assert.deepEqual(await own(), before);
});

test("nobody's projects, keys and tuned models are in what is read without a key", async () => {
  const texts = await Promise.all(readable.map(async ([path]) => (await app.app.request(path)).text()));
  for (const text of texts) assert.doesNotMatch(text, /proj_|sk-|key_|ft:tiny-base/);
});

test("what is no vendor and no day is refused with its name", async () => {
  const refused = async (path: string) => (await app.json(app.call(path))).error.param;
  for (const [path] of readable.slice(0, 3)) assert.equal(await refused(`${path}?vendor=google`), "vendor");
});

test("with PERENNIAL_PUBLIC_FEEDS=off they need a key as everything else", async () => {
  await using closed: TestApp = await createTestApp({ environment: { PERENNIAL_PUBLIC_FEEDS: "off" } });
  for (const [path] of readable) {
    const response = await closed.app.request(path);
    assert.equal(response.status, 401);
    assert.match(await response.text(), /API key/);
    assert.equal((await closed.call(path)).status, 200);
    assert.equal((await closed.call(path, {}, "sk-test-admin")).status, 200);
  }
});
