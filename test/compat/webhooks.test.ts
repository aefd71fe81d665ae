import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { promisify } from "node:util";
import OpenAI from "openai";
import { close, createHttpServer, listen } from "../../server/http-server.ts";
import { createReceiver, type Received } from "../../server/notices/fixtures/receiver.ts";
import { cancelJob, createHook, createHookedApp, HOOKS } from "../../server/test-hooks.ts";
import { createJob, hasEnded, playAll } from "../../server/test-job.ts";
import { createChecker, lacksSchemas } from "../support/conformance.ts";
import { checkout, python } from "../support/server.ts";

const lacksPython = existsSync(python) ? false : "run `npm run setup` first: no Python";
const realClock = () => Math.floor(Date.now() / 1000);

/** What is sent for a job of each end. */
async function threeEnds() {
  await using app = await createHookedApp({ now: realClock });
  await using receiver = await createReceiver();
  const hook = await createHook(app, receiver.url);
  const succeeded = await createJob(app);
  playAll(await app.nextRun());
  await app.waitForJob(succeeded.id, hasEnded);
  const failed = await createJob(app);
  const run = await app.nextRun();
  run.write({ type: "error", code: "server_error", message: "out of memory", param: null });
  run.end();
  await app.waitForJob(failed.id, hasEnded);
  const cancelled = await cancelJob(app);
  const ids: string[] = [succeeded.id, failed.id, cancelled];
  return { secret: hook.signing_secret, got: await receiver.first(3), ids };
}

const runPython = (script: string, ...args: string[]) =>
  spawn(python, [join(import.meta.dirname, script), ...args], { stdio: ["pipe", "pipe", "inherit"] });

test("the clients for Node and for Python accept what is sent, and OpenAI's schemas hold", {
  skip: lacksPython,
}, async () => {
  const { secret, got, ids } = await threeEnds();
  const client = new OpenAI({ apiKey: "unused", webhookSecret: secret });
  const events = await Promise.all(got.map(({ body, headers }) => client.webhooks.unwrap(body, headers)));
  assert.deepEqual(
    events.map(({ data }) => data),
    ids.map((id) => ({ id })),
  );
  const child = runPython("webhooks_sdk.py");
  child.stdin.end(JSON.stringify(got.map(({ body, headers }: Received) => ({ body, headers, secret }))));
  const printed = await text(child.stdout);
  const names = ["Succeeded", "Failed", "Cancelled"];
  const lines = names.map((name, index) => `FineTuningJob${name}WebhookEvent ${ids[index]}`);
  assert.deepEqual(printed.trim().split("\n"), lines);
});

test("events are as OpenAI's document says", { skip: lacksSchemas }, async () => {
  const { got } = await threeEnds();
  const check = createChecker();
  for (const [index, name] of ["Succeeded", "Failed", "Cancelled"].entries()) {
    const event: unknown = JSON.parse(got[index]?.body ?? "");
    assert.deepEqual(check(`WebhookFineTuningJob${name}`, event), []);
  }
});

test("the client for Python manages endpoints in strict mode", { skip: lacksPython }, async () => {
  await using app = await createHookedApp();
  await using receiver = await createReceiver();
  const server = createHttpServer(app.app.fetch);
  const port = await listen(server, 0, "127.0.0.1");
  const args = [`http://127.0.0.1:${port}/v1`, "sk-test-project", receiver.url];
  const script = join(import.meta.dirname, "webhooks_manage.py");
  const { stdout } = await promisify(execFile)(python, [script, ...args]);
  assert.equal(stdout.trim(), "ok");
  await close(server);
});

test("the receiver in examples/ takes what is signed with its secret, once, and nothing else", async () => {
  await using app = await createHookedApp({ now: realClock });
  // The secret is known only once there is an endpoint, and the port only once the receiver runs.
  const hook = await createHook(app, "http://127.0.0.1:9/");
  const child = spawn(process.execPath, ["examples/webhook-receiver.ts"], {
    cwd: checkout,
    env: { ...process.env, PORT: "0", OPENAI_WEBHOOK_SECRET: hook.signing_secret },
    stdio: ["ignore", "pipe", "ignore"],
  });
  try {
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const url = /http:\S+/.exec((await lines.next()).value ?? "")?.[0] ?? "";
    await app.json(app.post(`${HOOKS}/${hook.id}`, { url: `${url}/` }));
    const cancelled = await cancelJob(app);
    assert.equal((await lines.next()).value, `fine_tuning.job.cancelled ${cancelled}`);
    await app.post(`/v1/perennial/webhooks/${hook.id}/replay`, { since: 0, include_delivered: true });
    const next = await cancelJob(app);
    assert.equal(
      (await lines.next()).value,
      `fine_tuning.job.cancelled ${next}`,
      "the replay is not printed again",
    );
    const forged = await fetch(url, { method: "POST", body: "{}", headers: { "webhook-id": "evt_1" } });
    assert.equal(forged.status, 400);
  } finally {
    child.kill();
    await once(child, "exit");
  }
});
