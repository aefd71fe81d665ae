import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, end, piece, usage } from "../chat/fixtures/played-answers.ts";
import { createTestApp } from "../test-app.ts";
import {
  ADMIN,
  applyChange,
  askForJob,
  at,
  call,
  createDatedApp,
  createMember,
  type DatedApp,
  LIFE,
  tune,
} from "../test-lifecycle.ts";

const MY_KEY = "sk-test-project";
const OPENAI_TEXT =
  "OpenAI is winding down the fine-tuning platform and your organization is no longer able to create new fine-tuning training jobs.";

const model = (app: DatedApp, id: string, key?: string) => app.call(`/v1/models/${id}`, {}, key);
const codeOf = async (app: DatedApp, response: Response | Promise<Response>) => {
  const answer = await response;
  return [answer.status, (await app.json(answer)).error?.code ?? null];
};

test("a base and its tuned model show their day, say on every answer what comes, and end with its first second", async () => {
  await using app = await createDatedApp("2027-01-01T12:00:00Z");
  const tuned = await tune(app, MY_KEY);
  assert.equal((await app.json(model(app, tuned))).shutdown_date, null);
  assert.equal((await call(app, tuned)).headers.get("deprecation"), null);
  const schedule = {
    id: "tiny-base",
    training_ends_at: "2027-02-01",
    shutdown_at: "2027-03-01",
    reason: "Old.",
  };
  await applyChange(app, { models: [schedule] });

  for (const id of ["tiny-base", tuned]) {
    for (const response of [
      await model(app, id),
      await call(app, id),
      await call(app, id, MY_KEY, { stream: true }),
    ]) {
      assert.equal(response.status, 200);
      assert.equal(response.headers.get("deprecation"), `@${at("2027-01-01T00:00:00Z")}`);
      assert.equal(response.headers.get("sunset"), "Mon, 01 Mar 2027 00:00:00 GMT");
      assert.match(response.headers.get("link") ?? "", /\/deprecations>; rel="deprecation"/);
      await response.text();
    }
    assert.equal((await app.json(model(app, id))).shutdown_date, "2027-03-01");
  }
  app.set("2027-01-31T23:59:59Z");
  assert.equal((await askForJob(app, MY_KEY)).status, 200);
  app.set("2027-02-01T00:00:00Z");
  assert.deepEqual(await codeOf(app, askForJob(app, MY_KEY)), [403, "training_not_available"]);
  app.set("2027-02-28T23:59:59Z");
  assert.deepEqual([(await call(app, tuned)).status, (await call(app, "tiny-base")).status], [200, 200]);

  app.set("2027-03-01T00:00:00Z");
  for (const id of ["tiny-base", tuned]) {
    const refused = await call(app, id);
    assert.equal(refused.status, 404);
    assert.deepEqual((await app.json(refused)).error, {
      message: `The model \`${id}\` has been deprecated, learn more here: http://127.0.0.1:4010/deprecations`,
      type: "invalid_request_error",
      param: null,
      code: "model_not_found",
    });
    assert.deepEqual(await codeOf(app, model(app, id)), [404, "model_not_found"]);
  }
  assert.deepEqual((await app.json(app.call("/v1/models"))).data, []);
});

test("the successor stands in the link, once there is one", async () => {
  const base = { id: "next-base", gguf: "", hf: "", contextLength: 2048, parameters: 1, createdAt: 1 };
  const old = { ...base, id: "tiny-base" };
  const bases = new Map([base, old].map((one) => [one.id, one]));
  await using app = await createDatedApp("2027-01-01T00:00:00Z", { parts: { bases } });
  await applyChange(app, {
    models: [{ id: "tiny-base", shutdown_at: "2027-03-01", successor: "next-base" }],
  });
  const link = (await call(app, "tiny-base")).headers.get("link");
  assert.match(link ?? "", /^<\/v1\/models\/next-base>; rel="successor-version", </);
});

const fates = [
  { fate: "end_with_base", ends: "2027-03-01" },
  { fate: { days_after: 10 }, ends: "2027-03-11" },
  { fate: "keep_serving", ends: null },
];
for (const { fate, ends } of fates) {
  test(`tuned models follow their base by the policy chosen: ${JSON.stringify(fate)}`, async () => {
    await using app = await createDatedApp("2027-01-01T00:00:00Z");
    const tuned = await tune(app, MY_KEY);
    await applyChange(app, { models: [{ id: "tiny-base", shutdown_at: "2027-03-01", tuned_models: fate }] });
    assert.equal((await app.json(model(app, tuned))).shutdown_date, ends);
    app.set("2027-03-01T00:00:00Z");
    assert.equal((await call(app, "tiny-base")).status, 404);
    assert.equal((await call(app, tuned)).status, ends === "2027-03-01" ? 404 : 200);
    // Nothing is trained on a base that is gone, whoever still serves.
    const isGone = ends === "2027-03-01";
    assert.deepEqual(
      await codeOf(app, askForJob(app, MY_KEY, { model: tuned })),
      isGone ? [404, "model_not_found"] : [403, "training_not_available"],
    );
    assert.deepEqual(await codeOf(app, askForJob(app, MY_KEY)), [404, "model_not_found"]);
    app.set("2027-03-11T00:00:00Z");
    assert.equal((await call(app, tuned)).status, ends === null ? 200 : 404);
  });
}

test("a request that still waits when the day begins is refused then; a stream that has begun finishes", async () => {
  const begun = Promise.withResolvers<void>();
  const rest = Promise.withResolvers<void>();
  async function* slowly() {
    yield Buffer.from(piece("a"));
    begun.resolve();
    await rest.promise;
    yield* bytes(piece("b"), end, usage, "data: [DONE]\n\n");
  }
  let asked = 0;
  const waiting = Promise.withResolvers<void>();
  const serving = {
    chat: async (_target: unknown, body: Record<string, unknown>, signal: AbortSignal) => {
      asked += 1;
      if (body.max_tokens === 7) {
        waiting.resolve();
        return new Promise<never>((_, reject) =>
          signal.addEventListener("abort", () => reject(signal.reason), { once: true }),
        );
      }
      return { status: 200, body: slowly() };
    },
  };
  // The clock is real, so that the timer is: midnight is a second away.
  const real = () => Math.floor(Date.now() / 1000);
  const offset = at("2027-03-01T00:00:00Z") - real() - 2;
  await using app = await createTestApp({ now: () => real() + offset, serving });
  await applyChange(app, { models: [{ id: "tiny-base", shutdown_at: "2027-03-01" }] });
  const stream = await call(app, "tiny-base", MY_KEY, { stream: true });
  assert.equal(stream.status, 200);
  const text = stream.text();
  await begun.promise;
  const late = call(app, "tiny-base", MY_KEY, { max_tokens: 7 });
  await waiting.promise;
  const refused = await late;
  assert.equal(refused.status, 404);
  assert.ok(real() + offset >= at("2027-03-01T00:00:00Z"));
  rest.resolve();
  assert.match(await text, /"content":"b"[\s\S]*\[DONE\]/);
  assert.equal((await call(app, "tiny-base")).status, 404);
  assert.equal(asked, 2);
});

test("an answer that comes at the same moment as the day is refused, too", async () => {
  const clock = { now: at("2027-02-28T23:59:59Z") };
  const serving = {
    chat: async () => {
      clock.now += 1;
      return { status: 200, body: bytes("{}") };
    },
  };
  await using app = await createTestApp({ now: () => clock.now, serving });
  await applyChange(app, { models: [{ id: "tiny-base", shutdown_at: "2027-03-01" }] });
  assert.equal((await call(app, "tiny-base", MY_KEY, { stream: true })).status, 404);
});

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
