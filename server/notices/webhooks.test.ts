import assert from "node:assert/strict";
import { after, test } from "node:test";
import OpenAI from "openai";
import { ErrorBody } from "../../contract/errors.ts";
import { createTestApp } from "../test-app.ts";
import { allEvents, createHook, createHookedApp, HOOKS, LOG, NOW } from "../test-hooks.ts";
import { answerWith, createReceiver } from "./fixtures/receiver.ts";

const PUBLIC = "https://example.com/hooks";

test("an endpoint is made, read, changed and deleted by OpenAI's own client", async () => {
  await using app = await createHookedApp();
  const { webhooks } = new OpenAI({
    baseURL: "http://localhost/v1",
    apiKey: "sk-test-project",
    fetch: async (url, init) => app.app.request(String(url), init),
  });
  const event_types = [...allEvents];
  const made = await webhooks.create({ name: "ci", url: PUBLIC, event_types });
  assert.match(made.id, /^whe_\w{24}$/);
  assert.match(made.signing_secret, /^whsec_/);
  const { signing_secret, ...shown } = made;
  assert.deepEqual(await webhooks.retrieve(made.id), shown);
  assert.equal(JSON.stringify(await webhooks.retrieve(made.id)).includes(signing_secret), false);
  app.clock.now += 10;
  assert.equal((await webhooks.update(made.id, { name: "ci" })).updated_at, NOW);
  const changed = await webhooks.update(made.id, { event_types: ["fine_tuning.job.failed"] });
  assert.deepEqual([changed.event_types, changed.updated_at], [["fine_tuning.job.failed"], NOW + 10]);
  const rotated = await webhooks.rotateSecret(made.id);
  assert.notEqual(rotated.signing_secret, signing_secret);
  assert.equal(rotated.signing_secret_hint, `whsec_...${rotated.signing_secret.slice(-4)}`);
  const second = await webhooks.create({ name: "b", url: PUBLIC, event_types: ["fine_tuning.job.failed"] });
  const ids: string[] = [];
  for await (const one of webhooks.list({ limit: 1 })) ids.push(one.id);
  assert.deepEqual(ids, [second.id, made.id]);
  const own = "perennial.lifecycle.notice";
  assert.deepEqual((await webhooks.eventTypes.list()).data, [...event_types, own]);
  assert.deepEqual(await webhooks.delete(made.id), {
    id: made.id,
    object: "webhook_endpoint.deleted",
    deleted: true,
  });
  await assert.rejects(webhooks.retrieve(made.id), { status: 404, code: "webhook_not_found" });
});

test("the same endpoints stand under Perennial's own path", async () => {
  await using app = await createHookedApp();
  const made = await createHook(app, PUBLIC);
  assert.equal((await app.json(app.call(`${LOG}/${made.id}`))).id, made.id);
  assert.equal((await app.json(app.call(LOG))).data.length, 1);
});

test("a project has twenty endpoints at most, and the next one is refused", async () => {
  await using app = await createHookedApp();
  const create = async () =>
    (await app.post(HOOKS, { name: "x", url: PUBLIC, event_types: allEvents })).status;
  const answers = await Promise.all(Array.from({ length: 25 }, create));
  assert.equal(answers.filter((status) => status === 200).length, 20);
  assert.equal(answers.filter((status) => status === 400).length, 5);
  const [one] = (await app.json(app.call(HOOKS))).data;
  await app.call(`${HOOKS}/${one.id}`, { method: "DELETE" });
  assert.match((await createHook(app, PUBLIC)).id, /^whe_/);
});

test("to another project an endpoint does not exist", async () => {
  await using app = await createHookedApp();
  const made = await createHook(app, PUBLIC);
  const other = await app.otherKey();
  assert.deepEqual((await app.json(app.call(HOOKS, {}, other))).data, []);
  const paths = [
    ["GET", `${HOOKS}/${made.id}`],
    ["POST", `${HOOKS}/${made.id}`],
    ["DELETE", `${HOOKS}/${made.id}`],
    ["POST", `${HOOKS}/${made.id}/rotate_secret`],
    ["POST", `${HOOKS}/${made.id}/test`, '{"event_type":"fine_tuning.job.failed"}'],
    ["POST", `${LOG}/${made.id}/replay`, '{"since":0}'],
    ["GET", `${LOG}/${made.id}/deliveries`],
    ["GET", `${LOG}/${made.id}/deliveries/whd_1`],
    ["POST", `${LOG}/${made.id}/deliveries/whd_1/replay`],
    ["GET", `${HOOKS}?after=${made.id}`],
  ];
  for (const [method = "GET", path = "", body] of paths) {
    const answer = await app.call(path, { method, ...(body ? { body } : {}) }, other);
    assert.equal(answer.status, 404, `${method} ${path}`);
  }
});

test("a test event arrives at once, signed, also where the endpoint is off, and its answer is told", async () => {
  await using app = await createHookedApp({ now: () => Math.floor(Date.now() / 1000) });
  await using receiver = await createReceiver(answerWith(418, {}, "short and stout"));
  const hook = await createHook(app, receiver.url, { enabled: false });
  const event_type = "fine_tuning.job.succeeded";
  const result = await app.json(app.post(`${HOOKS}/${hook.id}/test`, { event_type }));
  assert.deepEqual(result, {
    object: "webhook_endpoint.test",
    webhook_endpoint_id: hook.id,
    event_type,
    status_code: 418,
    success: true,
  });
  const [got] = await receiver.first(1);
  const { webhooks } = new OpenAI({ apiKey: "not used" });
  const event = await webhooks.unwrap(got?.body ?? "", got?.headers ?? {}, hook.signing_secret);
  assert.deepEqual([event.type, event.data], [event_type, { id: "ftjob-test" }]);
  const { data } = await app.json(app.call(`${LOG}/${hook.id}/deliveries`));
  assert.deepEqual([data[0].kind, data[0].status, data[0].event.id], ["test", "failed", event.id]);
  const whole = await app.json(app.call(`${LOG}/${hook.id}/deliveries/${data[0].id}`));
  assert.equal(whole.attempts[0].response, "short and stout");
});

test("a test of an endpoint that is not there says why, and stands in the log", async () => {
  await using app = await createHookedApp();
  const receiver = await createReceiver();
  await receiver[Symbol.asyncDispose]();
  const hook = await createHook(app, receiver.url);
  const answer = await app.post(`${HOOKS}/${hook.id}/test`, { event_type: "fine_tuning.job.failed" });
  assert.equal(answer.status, 400);
  assert.equal(answer.headers.get("x-should-retry"), "false");
  const { error } = ErrorBody.parse(await answer.json());
  assert.equal(error.code, "webhook_unreachable");
  assert.match(error.message, /ECONNREFUSED/);
  const { data } = await app.json(app.call(`${LOG}/${hook.id}/deliveries`));
  assert.match(data[0].attempts[0].error, /ECONNREFUSED/);
});

const app = await createTestApp();
after(() => app[Symbol.asyncDispose]());
const hook = await createHook(app, PUBLIC);
const good = { name: "x", url: PUBLIC, event_types: allEvents };
const one = `${HOOKS}/${hook.id}`;

type Case = [method: string, path: string, body: unknown, status: number, param: string | null];
const cases: Case[] = [
  ["POST", HOOKS, {}, 400, "name"],
  ["POST", HOOKS, { ...good, name: "" }, 400, "name"],
  ["POST", HOOKS, { ...good, name: "x".repeat(257) }, 400, "name"],
  ["POST", HOOKS, { ...good, url: undefined }, 400, "url"],
  ["POST", HOOKS, { ...good, url: 7 }, 400, "url"],
  ["POST", HOOKS, { ...good, url: `https://example.com/${"x".repeat(2048)}` }, 400, "url"],
  ["POST", HOOKS, { ...good, url: "http://example.com/" }, 400, "url"],
  ["POST", HOOKS, { ...good, url: "https://127.0.0.1/" }, 400, "url"],
  ["POST", HOOKS, { ...good, url: "https://[::1]/" }, 400, "url"],
  ["POST", HOOKS, { ...good, url: "https://10.0.0.1/" }, 400, "url"],
  ["POST", HOOKS, { ...good, url: "https://169.254.169.254/" }, 400, "url"],
  ["POST", HOOKS, { ...good, url: "https://localhost/" }, 400, "url"],
  ["POST", HOOKS, { ...good, url: "https://2130706433/" }, 400, "url"],
  ["POST", HOOKS, { ...good, url: "https://0x7f.0.0.1/" }, 400, "url"],
  ["POST", HOOKS, { ...good, url: "https://0177.0.0.1/" }, 400, "url"],
  ["POST", HOOKS, { ...good, url: "https://a:b@example.com/" }, 400, "url"],
  ["POST", HOOKS, { ...good, event_types: [] }, 400, "event_types"],
  ["POST", HOOKS, { ...good, event_types: "fine_tuning.job.failed" }, 400, "event_types"],
  ["POST", HOOKS, { ...good, event_types: ["batch.completed"] }, 400, "event_types[0]"],
  ["POST", HOOKS, { ...good, event_types: [null] }, 400, "event_types[0]"],
  ["POST", HOOKS, { ...good, enabled: "yes" }, 400, "enabled"],
  ["POST", HOOKS, { ...good, secret: "whsec_mine" }, 400, "secret"],
  ["GET", `${HOOKS}?limit=0`, undefined, 400, "limit"],
  ["GET", `${HOOKS}?limit=101`, undefined, 400, "limit"],
  ["GET", `${HOOKS}?after=whe_none`, undefined, 404, "after"],
  ["GET", `${HOOKS}/whe_none`, undefined, 404, "id"],
  ["DELETE", `${HOOKS}/whe_none`, undefined, 404, "id"],
  ["POST", `${HOOKS}/whe_none`, { name: "x" }, 404, "id"],
  ["POST", one, { url: "https://192.168.1.1/" }, 400, "url"],
  ["POST", one, { url: null }, 400, "url"],
  ["POST", one, { event_types: [] }, 400, "event_types"],
  ["POST", one, { disabled_reason: "x" }, 400, "disabled_reason"],
  [
    "POST",
    `${one}/rotate_secret`,
    { keep_old_secret_active_for_24_hours: 1 },
    400,
    "keep_old_secret_active_for_24_hours",
  ],
  ["POST", `${HOOKS}/whe_none/rotate_secret`, {}, 404, "id"],
  ["POST", `${one}/test`, {}, 400, "event_type"],
  ["POST", `${one}/test`, { event_type: "response.completed" }, 400, "event_type"],
  ["POST", `${HOOKS}/whe_none/test`, { event_type: allEvents[0] }, 404, "id"],
  ["POST", `${LOG}/${hook.id}/replay`, {}, 400, "since"],
  ["POST", `${LOG}/${hook.id}/replay`, { since: -1 }, 400, "since"],
  ["POST", `${LOG}/${hook.id}/replay`, { since: 1.5 }, 400, "since"],
  ["POST", `${LOG}/${hook.id}/replay`, { since: 0, include_delivered: 1 }, 400, "include_delivered"],
  ["POST", `${LOG}/whe_none/replay`, { since: 0 }, 404, "id"],
  ["GET", `${LOG}/${hook.id}/deliveries?status=lost`, undefined, 400, "status"],
  ["GET", `${LOG}/${hook.id}/deliveries?limit=x`, undefined, 400, "limit"],
  ["GET", `${LOG}/${hook.id}/deliveries?after=whd_none`, undefined, 404, "after"],
  ["GET", `${LOG}/${hook.id}/deliveries/whd_none`, undefined, 404, "delivery_id"],
  ["POST", `${LOG}/${hook.id}/deliveries/whd_none/replay`, {}, 404, "delivery_id"],
];

test("what callers get wrong is a 4xx that names the parameter", async () => {
  for (const [method, path, sent, status, param] of cases) {
    const init = sent === undefined ? {} : { body: JSON.stringify(sent) };
    const answer = await app.call(path, { method, ...init });
    const label = `${method} ${path} ${JSON.stringify(sent)}`;
    const { error } = ErrorBody.parse(JSON.parse(await answer.text()));
    assert.deepEqual([answer.status, error.param], [status, param], `${label}: ${error.message}`);
  }
});

test("an admin key manages no webhooks", async () => {
  for (const path of [HOOKS, LOG, "/v1/webhook_event_types", `${LOG}/${hook.id}/deliveries`]) {
    assert.equal((await app.call(path, {}, "sk-test-admin")).status, 403, path);
  }
});
