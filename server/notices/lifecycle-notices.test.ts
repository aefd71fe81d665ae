import assert from "node:assert/strict";
import { test } from "node:test";
import OpenAI from "openai";
import { LifecycleNotice } from "../../contract/notices.ts";
import { createHook, hasStatus, waitForDelivery } from "../test-hooks.ts";
import { ADMIN, createMember } from "../test-lifecycle.ts";
import {
  applyChange,
  createNoticedApp,
  DAY,
  NOTICES,
  NOW,
  noticesOf,
  projectOfKey,
  seed,
} from "../test-notices.ts";
import { createReceiver } from "./fixtures/receiver.ts";

const MODEL = "ft:tiny-base:personal::Ab12Cd34";
const ending = { models: [{ id: "tiny-base", shutdown_at: "2027-06-01", reason: "A newer one is better." }] };
const EVENT = "perennial.lifecycle.notice";

test("a notice says what, when, which models and keys, and what to do, on the API and by webhook", async () => {
  await using app = await createNoticedApp();
  await using receiver = await createReceiver();
  const hook = await createHook(app, receiver.url, { event_types: [EVENT] });
  const caller = await projectOfKey(app);
  const { data: keys } = await app.json(
    app.call(`/v1/organization/projects/${caller.project_id}/api_keys`, {}, ADMIN),
  );
  const calls = [{ at: NOW - DAY, model: MODEL, key: keys[0].id, isTuned: true }];
  await seed(app.folder, caller, { calls, models: [MODEL] });
  await applyChange(app, ending);
  const all = await noticesOf(app);
  assert.deepEqual(all.map(({ kind, what, date, days_left }) => [kind, what, date, days_left]).sort(), [
    ["announcement", "training_end", "2027-06-01", 137],
    ["announcement", "tuned_models_shutdown", "2027-06-01", 137],
  ]);
  const notice = all.find(({ what }) => what === "tuned_models_shutdown");
  assert.ok(notice);
  assert.deepEqual(await app.json(app.call(`${NOTICES}/${notice.id}`)), LifecycleNotice.parse(notice));
  assert.deepEqual([notice.models, notice.models_total], [[MODEL], 1]);
  assert.deepEqual(notice.keys, [{ id: keys[0].id, name: keys[0].name }]);
  assert.equal(notice.title, "Models tuned on tiny-base are shut down on 2027-06-01, in 137 days");
  assert.equal(
    notice.what_to_do[0],
    `Their weights are not deleted. Take them with you: perennial models export ${MODEL}`,
  );
  for (const part of [MODEL, keys[0].id, ending.models[0]?.reason ?? "", "/deprecations", notice.project_id])
    assert.ok(notice.text.includes(part), part);

  await receiver.first(2);
  await waitForDelivery(app, hook, hasStatus("delivered"));
  const { webhooks } = new OpenAI({ apiKey: "not used" });
  app.clock.now = Math.floor(Date.now() / 1000);
  const told = receiver.received.map(({ body }) => JSON.parse(body));
  assert.deepEqual(
    told.map(({ type, data }) => [type, data.id]).sort(),
    all.map(({ id }) => [EVENT, id]).sort(),
  );
  await app.post(`/v1/webhook_endpoints/${hook.id}/test`, { event_type: EVENT });
  const last = receiver.received.at(-1);
  const event = await webhooks.unwrap(last?.body ?? "", last?.headers ?? {}, hook.signing_secret);
  assert.deepEqual([String(event.type), event.data], [EVENT, { id: "ntc_test" }]);
});

test("the successor is named with the command that trains on it", async () => {
  const other = { hf: "x", gguf: "x", contextLength: 10, parameters: 1, createdAt: 1 };
  const bases = new Map(["tiny-base", "new-base"].map((id) => [id, { id, ...other }]));
  await using app = await createNoticedApp({ parts: { bases } });
  const caller = await projectOfKey(app);
  await seed(app.folder, caller, { calls: [{ at: NOW - DAY, model: "tiny-base" }], models: [MODEL] });
  await applyChange(app, {
    models: [{ id: "tiny-base", shutdown_at: "2027-06-01", successor: "new-base" }],
  });
  const all = await noticesOf(app);
  assert.deepEqual(new Set(all.map(({ successor }) => successor)), new Set(["new-base"]));
  const todo = Object.fromEntries(all.map(({ what, what_to_do }) => [what, what_to_do.join(" ")]));
  assert.match(todo.shutdown ?? "", /^Call its successor, new-base, in place of tiny-base\.$/);
  assert.match(
    todo.training_end ?? "",
    /before 2027-06-01\. Train on its successor, new-base: perennial jobs create --model new-base/,
  );
  assert.match(todo.tuned_models_shutdown ?? "", /Train them anew on the base's successor, new-base/);
});

test("only those whom a date hits are told, and each key sees its own", async () => {
  await using app = await createNoticedApp();
  const ann = await createMember(app, "ann");
  const bob = await createMember(app, "bob");
  const annIds = { project_id: ann.project, organization_id: ann.id };
  await seed(app.folder, annIds, { calls: [{ at: NOW - DAY, model: "tiny-base" }] });
  await applyChange(app, ending);
  const [notice, ...more] = await noticesOf(app, ann.key);
  assert.deepEqual([notice?.what, notice?.project_id, more.length], ["shutdown", ann.project, 0]);
  assert.deepEqual(await noticesOf(app, ann.admin), [notice]);
  assert.deepEqual(await noticesOf(app, ADMIN), [notice], "who runs the server sees all");
  const asked = (query: string, key: string) => app.call(`${NOTICES}${query}`, {}, key);
  assert.deepEqual((await app.json(asked(`?project_id=${ann.project}`, ADMIN))).data, [notice]);
  assert.deepEqual((await app.json(asked(`?project_id=${ann.project}`, ann.key))).data, [notice]);
  assert.deepEqual((await app.json(asked(`?project_id=${bob.project}`, ADMIN))).data, []);
  for (const key of [bob.key, bob.admin]) {
    assert.deepEqual(await noticesOf(app, key), []);
    for (const query of [`/${notice?.id}`, `?after=${notice?.id}`, `?project_id=${ann.project}`])
      assert.equal((await asked(query, key)).status, 404, query);
  }
});

test("notices come in pages, newest first, and what is asked wrongly is refused by name", async () => {
  await using app = await createNoticedApp();
  const caller = await projectOfKey(app);
  await seed(app.folder, caller, { calls: [{ at: NOW - DAY, model: "tiny-base" }], models: [MODEL] });
  await applyChange(app, ending);
  const all = await noticesOf(app);
  assert.equal(all.length, 3);
  const first = await app.json(app.call(`${NOTICES}?limit=2`));
  assert.deepEqual([first.data, first.has_more], [all.slice(0, 2), true]);
  const rest = await app.json(app.call(`${NOTICES}?limit=2&after=${first.last_id}`));
  assert.deepEqual([rest.data, rest.has_more], [all.slice(2), false]);
  for (const [query, status, param] of [
    ["?limit=0", 400, "limit"],
    ["?limit=101", 400, "limit"],
    ["?after=ntc_none", 404, "after"],
    ["/ntc_none", 404, "id"],
    ["?project_id=proj_none", 404, "project_id"],
  ] as const) {
    const answer = await app.call(`${NOTICES}${query}`);
    assert.deepEqual([answer.status, (await app.json(answer)).error.param], [status, param], query);
  }
});

test("reminders come by themselves as days go by, once each; a date that is moved or taken back is told", async () => {
  await using app = await createNoticedApp();
  const caller = await projectOfKey(app);
  await seed(app.folder, caller, { models: [MODEL] });
  const keep = { models: [{ id: "tiny-base", shutdown_at: "2027-06-01", training_ends_at: "2027-03-01" }] };
  const change = await applyChange(app, keep);
  const tuned = async () =>
    (await noticesOf(app)).filter(({ what }) => what === "tuned_models_shutdown").map(({ kind }) => kind);
  assert.deepEqual(await tuned(), ["announcement"]);
  app.clock.now += 50 * DAY;
  await app.tick();
  await app.tick();
  assert.deepEqual(await tuned(), ["reminder", "announcement"]);
  await applyChange(app, { models: [{ ...keep.models[0], shutdown_at: "2027-07-01" }] });
  const [moved] = await noticesOf(app);
  assert.deepEqual([moved?.kind, moved?.previous_date, moved?.date], ["moved", "2027-06-01", "2027-07-01"]);
  assert.match(
    moved?.title ?? "",
    /^Moved from 2027-06-01: Models tuned on tiny-base are shut down on 2027-07-01$/,
  );
  assert.equal(change.id.startsWith("lcc_"), true);
  await applyChange(app, { withdraw: { models: ["tiny-base"] } });
  assert.deepEqual(await tuned(), ["withdrawn", "moved", "reminder", "announcement"]);
  const [off] = await noticesOf(app);
  assert.deepEqual([off?.what_to_do, off?.title.startsWith("Called off: ")], [[], true]);
  assert.match(off?.text ?? "", /It is called off/);
});

test("a stage of a policy is told with what keeps the right, until a call to a tuned model does", async () => {
  await using app = await createNoticedApp();
  const ann = await createMember(app, "ann");
  const ids = { project_id: ann.project, organization_id: ann.id };
  const model = "ft:tiny-base:ann::Zz12Cd34";
  await seed(app.folder, ids, {
    calls: [{ at: NOW - 70 * DAY, model, isTuned: true }],
    models: [model],
  });
  const stages = [{ date: "2027-03-01", who: { inactive: { days: 60 } } }];
  await applyChange(app, { policies: [{ name: "end", stages }], accept: ["hits_everybody"] });
  const [notice] = await noticesOf(app, ann.key);
  assert.deepEqual([notice?.what, notice?.subject, notice?.date], ["policy_stage", "end", "2027-03-01"]);
  assert.match(
    notice?.what_to_do.join(" ") ?? "",
    /^This keeps the right: one call to ft:tiny-base:ann::Zz12Cd34 before 2027-03-01/,
  );
  await seed(app.folder, ids, { calls: [{ at: NOW + DAY, model, isTuned: true }] });
  app.clock.now += 20 * DAY;
  await app.tick();
  assert.equal((await noticesOf(app, ann.key)).length, 1, "it would be hit on 2027-03-17 now");
  assert.equal((await noticesOf(app)).length, 2, "the one that does nothing is reminded");
});

test("an exception's end is told to who holds it, and that it was taken away, which is no good news", async () => {
  await using app = await createNoticedApp();
  const ann = await createMember(app, "ann");
  const stages = [{ date: "2027-03-01", who: "everyone" }];
  const exceptions = [{ organization: ann.id, until: "2027-05-01", reason: "A migration." }];
  await applyChange(app, { policies: [{ name: "end", stages, exceptions }] });
  const [held, ...more] = await noticesOf(app, ann.key);
  assert.deepEqual(
    [held?.what, held?.date, held?.reason, more.length],
    ["exception_end", "2027-05-01", "A migration.", 0],
  );
  assert.match(held?.what_to_do.join(" ") ?? "", /before 2027-05-01\. If you need it for longer, ask/);
  await applyChange(app, { policies: [{ name: "end", stages }] });
  const [stage, gone] = (await noticesOf(app, ann.key)).slice(0, 2);
  assert.deepEqual([stage?.what, stage?.kind, stage?.date], ["policy_stage", "announcement", "2027-03-01"]);
  assert.deepEqual([gone?.kind, gone?.title], ["withdrawn", "Your exception from the policy end is gone"]);
  assert.match(gone?.text ?? "", /the policy's stages hold for this project/);
  await applyChange(app, { policies: [{ name: "end", stages, exceptions }] });
  await applyChange(app, { withdraw: { policies: ["end"] } });
  const titles = (await noticesOf(app, ann.key)).map(({ title }) => title);
  assert.ok(
    titles.includes("Called off: Your exception from the policy end ends on 2027-05-01"),
    titles.join("\n"),
  );
});

test("a stage that makes room for another one is not told as good news", async () => {
  await using app = await createNoticedApp();
  const withDays = (days: number) => ({
    policies: [{ name: "end", stages: [{ date: "2027-03-01", who: { inactive: { days } } }] }],
    accept: ["hits_everybody"],
  });
  await applyChange(app, withDays(60));
  await applyChange(app, withDays(30));
  const [stricter, gone] = await noticesOf(app);
  assert.deepEqual([stricter?.kind, gone?.kind], ["announcement", "withdrawn"]);
  assert.match(gone?.text ?? "", /It is called off\. Other stages of the policy stand/);
  await applyChange(app, { withdraw: { policies: ["end"] } });
  assert.match((await noticesOf(app))[0]?.text ?? "", /It is called off\. The policy is withdrawn\./);
});
