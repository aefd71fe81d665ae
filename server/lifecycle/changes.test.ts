import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { asker } from "../test-changes.ts";
import { ADMIN, applyChange, askForJob, createDatedApp, createMember, LIFE } from "../test-lifecycle.ts";

const MY_KEY = "sk-test-project";
const JANUARY = "2027-01-15T08:00:00Z";
const shutdown = {
  models: [{ id: "tiny-base", shutdown_at: "2027-06-01", reason: "Old." }],
  note: "As agreed.",
};
const closing = (more = {}) => ({
  policies: [{ name: "closing", stages: [{ date: "2027-05-01", who: "everyone" }], ...more }],
});

test("a change is planned, applied, seen by those whom it hits, and taken back", async () => {
  await using app = await createDatedApp(JANUARY);
  const { plan, apply, undo, show, model, read } = asker(app);
  const hash = await plan(shutdown);
  assert.equal(await model(), null, "a plan changes nothing");
  assert.equal(await plan({ ...shutdown }), hash, "the same plan has the same hash");
  const { status, body } = await apply(shutdown, hash);
  assert.equal(status, 200);
  assert.match(String(body.key_id), /^key_/);
  assert.deepEqual(
    [body.created_at, body.note, body.plan_hash, body.undoes, body.undone_by, body.undo_until],
    [app.clock.now, "As agreed.", hash, null, null, "2027-06-01"],
  );
  assert.equal(await model(), "2027-06-01");
  const status1 = (await read(app.call(`${LIFE}/status`))).body;
  assert.match(String(status1.summary), /tiny-base answers until 2027-06-01/);

  app.set("2027-05-31T23:59:59Z");
  const undone = await undo(String(body.id));
  assert.equal(undone.status, 200, undone.text);
  assert.deepEqual([undone.body.undoes, await model()], [body.id, null]);
  assert.deepEqual([(await show()).models, (await show()).policies], [[], []]);
  const { data, has_more } = (await read(app.call(`${LIFE}/changes`, {}, ADMIN))).body as {
    data: { id: string; undone_by: string | null; created_at: number }[];
    has_more: boolean;
  };
  assert.deepEqual([data.map(({ id }) => id), has_more], [[undone.body.id, body.id], false]);
  assert.equal(data[1]?.undone_by, undone.body.id);
});

test("only the plan that was reviewed is applied, and only once", async () => {
  await using app = await createDatedApp(JANUARY);
  const { plan, apply, show } = asker(app);
  const hash = await plan(shutdown);
  for (const [given, code, param] of [
    [undefined, "missing_required_parameter", "plan_hash"],
    ["", "empty_string", "plan_hash"],
    [7, "invalid_type", "plan_hash"],
    ["h".repeat(129), "string_above_max_length", "plan_hash"],
    ["0".repeat(64), "plan_changed", "plan_hash"],
    [hash.slice(0, 12), "plan_changed", "plan_hash"],
    [hash.toUpperCase(), "plan_changed", "plan_hash"],
  ] as const) {
    const refused = await apply(shutdown, given);
    assert.deepEqual([refused.status, refused.code], [400, code], String(given));
    assert.equal(Object(refused.body.error).param, param);
  }
  assert.match((await apply(shutdown, undefined)).text, /Plan the change first/);
  const other = await apply({ models: [{ id: "tiny-base", shutdown_at: "2027-06-02" }] }, hash);
  assert.equal(other.code, "plan_changed");
  assert.equal(
    (await apply(undefined, hash)).text,
    "Missing required parameter: 'document'. Give the change that was planned.",
  );
  assert.equal((await show()).version, 0);
  assert.equal((await apply(shutdown, hash)).status, 200);
  const again = await apply(shutdown, hash);
  assert.deepEqual([again.status, again.code], [400, "plan_changed"]);
  assert.match(again.text, /Plan again/);
});

test("a plan is void once something else is in force, or it hits others", async () => {
  await using app = await createDatedApp(JANUARY);
  const { plan, apply } = asker(app);
  const before = await plan(shutdown);
  await applyChange(app, closing());
  assert.equal((await apply(shutdown, before)).code, "plan_changed");
  const now = await plan(shutdown);
  assert.equal((await askForJob(app, MY_KEY)).status, 200);
  assert.equal(
    (await apply(shutdown, now)).code,
    "plan_changed",
    "a project that uses the base is hit since",
  );
  assert.equal((await apply(shutdown, await plan(shutdown))).status, 200);
});

test("of several applies of one plan at once one wins, and the others change nothing", async () => {
  await using app = await createDatedApp(JANUARY);
  const { plan, apply, show } = asker(app);
  const hash = await plan(shutdown);
  const answers = await Promise.all(Array.from({ length: 8 }, () => apply(shutdown, hash)));
  assert.deepEqual(answers.map(({ status, code }) => `${status} ${code}`).sort(), [
    "200 null",
    ...Array.from({ length: 7 }, () => "400 plan_changed"),
  ]);
  assert.equal((await show()).version, 1);
  const { id } = answers.find(({ status }) => status === 200)?.body ?? {};
  const undone = await Promise.all(Array.from({ length: 4 }, () => asker(app).undo(String(id))));
  assert.deepEqual(undone.filter(({ status }) => status === 200).length, 1);
  assert.ok(undone.every(({ status }) => status < 500));
  assert.equal((await show()).version, 2);
});

test("what was applied and taken back is the same after a restart", async () => {
  const folder = mkdtempSync(join(tmpdir(), "perennial-life-"));
  try {
    const first = await createDatedApp(JANUARY, { folder });
    const { id } = await applyChange(first, shutdown);
    await applyChange(first, closing());
    const before = await asker(first).show();
    await first[Symbol.asyncDispose]();
    await using second = await createDatedApp(JANUARY, { folder });
    const { show, undo } = asker(second);
    assert.deepEqual(await show(), before);
    assert.equal((await undo(id)).status, 200);
    assert.deepEqual((await show()).models, []);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a mistake becomes a change where it is accepted", async () => {
  await using app = await createDatedApp(JANUARY);
  const { apply, model } = asker(app);
  assert.equal((await askForJob(app, MY_KEY)).status, 200);
  const stages = (who: unknown) => closing({ stages: [{ date: "2027-05-01", who }] });
  for (const [document, word] of [
    [stages("never_tuned"), "hits_nobody"],
    [stages({ inactive: { days: 60 } }), "hits_everybody"],
    [{ models: [{ id: "tiny-base", shutdown_at: "2026-12-24" }] }, "past_dates"],
  ] as const) {
    assert.match((await apply(document, "0")).text, new RegExp(`accept: \\[${word}\\]`));
    await applyChange(app, { ...document, accept: [word] });
  }
  assert.equal(Object(await model()).shutdown_date, undefined);
  assert.equal((await app.call("/v1/models/tiny-base")).status, 404);
});

test("a change is nobody's business but the operator's", async () => {
  await using app = await createDatedApp(JANUARY);
  const member = await createMember(app, "acme");
  const { id } = await applyChange(app, shutdown);
  const { read, show } = asker(app);
  const hash = await asker(app).plan(closing());
  const before = await show();
  for (const key of [MY_KEY, member.key, member.admin]) {
    for (const [method, path, body] of [
      ["GET", LIFE, undefined],
      ["POST", `${LIFE}/plans`, closing()],
      ["POST", `${LIFE}/plans`, "rubbish"],
      ["POST", `${LIFE}/changes`, { document: closing(), plan_hash: hash }],
      ["GET", `${LIFE}/changes`, undefined],
      ["GET", `${LIFE}/changes/${id}`, undefined],
      ["GET", `${LIFE}/changes/none`, undefined],
      ["POST", `${LIFE}/changes/${id}/undo`, {}],
      ["GET", "/v1/perennial/organizations", undefined],
      ["POST", "/v1/perennial/organizations", { name: "mine" }],
    ] as const) {
      const init = method === "GET" ? {} : { method, body: JSON.stringify(body) };
      const { status, code } = await read(app.call(path, init, key));
      assert.deepEqual([status, code], [403, "permission_denied"], `${method} ${path}`);
    }
  }
  assert.deepEqual(await show(), before);
  assert.equal((await app.call(`${LIFE}/changes/none`, {}, ADMIN)).status, 404);
  assert.equal((await read(app.call(`${LIFE}/changes?after=none`, {}, ADMIN))).code, "change_not_found");
});

test("another organization sees where it stands itself, and nothing of others", async () => {
  await using app = await createDatedApp(JANUARY);
  const member = await createMember(app, "acme");
  assert.equal((await askForJob(app, MY_KEY)).status, 200);
  const exceptions = [{ organization: member.id, until: "2027-12-01", reason: "Contract." }];
  await applyChange(app, closing({ exceptions }));
  const status = async (key: string) => (await asker(app).read(app.call(`${LIFE}/status`, {}, key))).body;
  const [own, theirs] = [Object(await status(MY_KEY)), Object(await status(member.key))];
  assert.deepEqual([own.training.policies[0].exception, own.training.first_job_at], [null, app.clock.now]);
  assert.deepEqual(
    [theirs.training.policies[0].exception.until, theirs.training.first_job_at, theirs.organization_id],
    ["2027-12-01", null, member.id],
  );
  assert.ok(!JSON.stringify(own).includes(member.id));
  assert.equal((await app.call(`${LIFE}/status`, {}, ADMIN)).status, 403);
});

for (const type of [
  "application/yaml",
  "text/yaml; charset=utf-8",
  "application/x-www-form-urlencoded",
  "text/plain",
  "",
]) {
  test(`a YAML file is planned and applied as it is, sent as ${type || "nothing"}`, async () => {
    await using app = await createDatedApp(JANUARY);
    const body = "# With care.\nmodels:\n  - id: tiny-base\n    shutdown_at: 2027-06-01\n";
    const init = {
      method: "POST",
      body: new TextEncoder().encode(body),
      headers: type === "" ? {} : { "content-type": type },
    };
    const { hash } = await app.json(app.call(`${LIFE}/plans`, init, ADMIN));
    const applied = await app.call(`${LIFE}/changes?plan_hash=${hash}`, init, ADMIN);
    assert.equal(applied.status, 200);
    assert.equal(await asker(app).model(), "2027-06-01");
  });
}
