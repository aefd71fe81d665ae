import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, end, piece, usage } from "../generation/fixtures/played-answers.ts";
import { createTestApp } from "../test-app.ts";
import {
  ADMIN,
  applyChange,
  askForJob,
  at,
  call,
  createDatedApp,
  createMember,
  LIFE,
  tune,
} from "../test-lifecycle.ts";

const MY_KEY = "sk-test-project";
const OPENAI_TEXT =
  "OpenAI is winding down the fine-tuning platform and your organization is no longer able to create new fine-tuning training jobs.";

test("OpenAI's three gates, one after the other, with its error; what was created goes on", async () => {
  await using app = await createDatedApp("2026-05-01T00:00:00Z");
  const [never, quiet, active, excepted] = await Promise.all(
    ["never", "quiet", "active", "excepted"].map((name) => createMember(app, name)),
  );
  assert.ok(never && quiet && active && excepted);
  for (const one of [quiet, active]) await call(app, await tune(app, one.key), one.key);
  const mine = await tune(app, active.key);
  const exceptions = [{ organization: excepted.id, until: "2027-03-01", reason: "Enterprise contract" }];
  await applyChange(app, { policies: [{ builtin: "openai-2026", exceptions }] });
  const open = async () => {
    const all = { never, quiet, active, excepted };
    const answers: string[] = [];
    for (const [name, { key }] of Object.entries(all)) {
      const response = await askForJob(app, key);
      const { error } = await app.json(response);
      if (response.status === 200) answers.push(name);
      else
        assert.deepEqual(
          [response.status, error.code, error.message],
          [403, "training_not_available", OPENAI_TEXT],
        );
    }
    return answers;
  };
  app.set("2026-05-06T23:59:59Z");
  assert.equal((await askForJob(app, quiet.key)).status, 200);
  app.set("2026-05-07T00:00:00Z");
  assert.deepEqual(await open(), ["quiet", "active", "excepted"]);
  app.set("2026-06-20T00:00:00Z");
  assert.equal((await call(app, mine, active.key)).status, 200);
  app.set("2026-07-01T23:59:59Z");
  assert.deepEqual(await open(), ["quiet", "active", "excepted"]);
  app.set("2026-07-02T00:00:00Z");
  assert.deepEqual(await open(), ["active", "excepted"]);
  app.set("2026-08-19T00:00:00Z");
  assert.deepEqual(await open(), ["active", "excepted"]);
  app.set("2026-08-19T00:00:01Z");
  assert.deepEqual(await open(), ["excepted"]);
  // Calls bring nothing back, and go on being answered.
  assert.equal((await call(app, mine, active.key)).status, 200);
  assert.deepEqual(await open(), ["excepted"]);
  app.set("2027-03-01T00:00:00Z");
  assert.deepEqual(await open(), []);
  const { data } = await app.json(app.call("/v1/fine_tuning/jobs?limit=1", {}, quiet.key));
  assert.notEqual(data[0].status, "failed");
});

test("a use that was answered is known after a crash in the same second", async () => {
  await using app = await createDatedApp("2026-07-01T23:59:30Z");
  const tuned = await tune(app, MY_KEY);
  await call(app, tuned);
  // Another server on the same files, while this one has written nothing more: as after kill -9.
  const { folder, clock } = app;
  await using again = await createTestApp({ folder, now: () => clock.now });
  const { training, models } = await again.json(again.call(`${LIFE}/status`));
  assert.equal(training.last_inference_at, at("2026-07-01T23:59:30Z"));
  assert.equal(
    models.find(({ id }: { id: string }) => id === tuned).last_inference_at,
    training.last_inference_at,
  );
});

test("usage is counted by key and model, tokens too, also when it is streamed", async () => {
  const serving = {
    chat: async (_target: unknown, body: Record<string, unknown>) =>
      body.stream
        ? { status: 200, body: bytes(piece("a"), end, usage, "data: [DONE]\n\n") }
        : {
            status: 200,
            body: bytes(
              JSON.stringify({
                choices: [{ finish_reason: "stop", message: { role: "assistant", content: "x" } }],
                usage: { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 },
              }),
            ),
          },
  };
  await using app = await createDatedApp("2027-01-01T00:00:00Z", { serving });
  await call(app, "tiny-base");
  await (await call(app, "tiny-base", MY_KEY, { stream: true })).text();
  const plan = await app.json(
    app.post(`${LIFE}/plans`, { models: [{ id: "tiny-base", shutdown_at: "2027-03-01" }] }, ADMIN),
  );
  // What waits to be written is not counted yet: it is a second at most.
  for (let tries = 0; tries < 100; tries += 1) {
    const again = await app.json(
      app.post(`${LIFE}/plans`, { models: [{ id: "tiny-base", shutdown_at: "2027-03-01" }] }, ADMIN),
    );
    const hit = again.dates.find(({ what }: { what: string }) => what === "shutdown").hit;
    if (hit.requests_30_days === 2 && hit.tokens_30_days === 13) return;
    await new Promise((next) => setTimeout(next, 50));
  }
  assert.fail(JSON.stringify(plan.dates));
});

test("a project sees what it loses when, and what keeps it", async () => {
  await using app = await createDatedApp("2026-05-01T00:00:00Z");
  const tuned = await tune(app, MY_KEY);
  await call(app, tuned);
  await applyChange(app, {
    policies: [{ builtin: "openai-2026" }],
    models: [{ id: "tiny-base", shutdown_at: "2026-10-23", announced_at: "2026-04-22" }],
  });
  const status = await app.json(app.call(`${LIFE}/status`));
  const [never, inactive, everyone] = status.training.policies[0].stages;
  assert.deepEqual([never.hits_you, never.hits_you_at], [false, null]);
  assert.equal(inactive.hits_you_at, at("2026-07-02T00:00:00Z"));
  assert.match(inactive.keep, new RegExp(`^one call to ${tuned} before 2026-07-02`));
  assert.deepEqual([everyone.hits_you_at, everyone.keep], [at("2027-01-06T00:00:00Z"), null]);
  assert.deepEqual([status.training.may_train, status.training.ends_at], [true, at("2026-07-02T00:00:00Z")]);
  const own = status.models.find(({ id }: { id: string }) => id === tuned);
  assert.deepEqual([own.state, own.shutdown_date, own.days_left], ["deprecated", "2026-10-23", 175]);
  assert.match(status.summary.join("\n"), /On 2026-07-02 you lose[\s\S]*answers until 2026-10-23/);
  app.set("2026-06-15T00:00:00Z");
  await call(app, tuned);
  const later = await app.json(app.call(`${LIFE}/status`));
  assert.equal(later.training.ends_at, at("2026-08-14T00:00:01Z"));
});

test("an exception puts off every stage to its end, and nothing is said to keep what ends for everyone", async () => {
  await using app = await createDatedApp("2026-05-01T00:00:00Z");
  const member = await createMember(app, "spared");
  await call(app, await tune(app, member.key), member.key);
  const exceptions = [{ organization: member.id, until: "2027-03-01", reason: "Contract 42." }];
  await applyChange(app, { policies: [{ builtin: "openai-2026", exceptions }] });
  const { training, summary } = await app.json(app.call(`${LIFE}/status`, {}, member.key));
  const hits = training.policies[0].stages.map((stage: { hits_you_at: number }) => stage.hits_you_at);
  assert.deepEqual(hits, [null, at("2027-03-01T00:00:00Z"), at("2027-03-01T00:00:00Z")]);
  assert.deepEqual(summary, [
    "On 2027-03-01 you lose the right to create fine-tuning jobs (policy openai-2026).",
  ]);
});

test("applied dates and policies hold after a restart", async () => {
  await using app = await createDatedApp("2027-01-01T00:00:00Z");
  await applyChange(app, {
    models: [{ id: "tiny-base", shutdown_at: "2027-03-01" }],
    policies: [{ name: "closed", stages: [{ date: "2027-02-01", who: "everyone" }], message: "Ask ops." }],
  });
  const { folder } = app;
  await using again = await createTestApp({ folder, now: () => at("2027-02-01T00:00:00Z") });
  assert.equal((await again.json(again.call("/v1/models/tiny-base"))).shutdown_date, "2027-03-01");
  const refused = await askForJob(again, MY_KEY);
  assert.deepEqual([refused.status, (await again.json(refused)).error.message], [403, "Ask ops."]);
});
