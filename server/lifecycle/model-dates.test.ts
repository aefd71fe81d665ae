import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, end, piece, usage } from "../generation/fixtures/played-answers.ts";
import { createTestApp } from "../test-app.ts";
import { applyChange, askForJob, at, call, createDatedApp, type DatedApp, tune } from "../test-lifecycle.ts";

const MY_KEY = "sk-test-project";
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

test("what is to be announced later is nobody's business until then", async () => {
  await using app = await createDatedApp("2027-01-01T00:00:00Z");
  await applyChange(app, {
    models: [{ id: "tiny-base", announced_at: "2027-01-15", shutdown_at: "2027-03-01" }],
  });
  app.set("2027-01-14T23:59:59Z");
  const early = await model(app, "tiny-base");
  assert.deepEqual([(await app.json(early)).shutdown_date, early.headers.get("deprecation")], [null, null]);
  app.set("2027-01-15T00:00:00Z");
  const announced = await model(app, "tiny-base");
  assert.equal((await app.json(announced)).shutdown_date, "2027-03-01");
  assert.equal(announced.headers.get("deprecation"), `@${at("2027-01-15T00:00:00Z")}`);
});

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
