import assert from "node:assert/strict";
import { test } from "node:test";
import { answerWith, createReceiver } from "../../server/notices/fixtures/receiver.ts";
import type { TestApp } from "../../server/test-app.ts";
import { createHookedApp, hasStatus, waitForDelivery } from "../../server/test-hooks.ts";
import { createJob } from "../../server/test-job.ts";
import { createTestTerminal } from "../test-terminal.ts";
import { eventType, since } from "./webhook-options.ts";

const terminalOf = (app: TestApp) =>
  createTestTerminal({ fetch: async (url, init) => app.app.request(String(url), init) });

test("a webhook is created with its secret alone on stdout, shown, changed, rotated and deleted", async () => {
  await using app = await createHookedApp();
  const perennial = terminalOf(app);
  const made = await perennial("webhooks", "create", "https://ci.example.com/hooks", "--event", "failed");
  assert.match(made.out, /^whsec_\S{44}\n$/);
  const id = /whe_\w+/.exec(made.err)?.[0] ?? "";
  assert.match((await perennial("webhooks", "list")).out, new RegExp(`\n${id}  ci.example.com  enabled  `));
  const shown = (await perennial("webhooks", "get", id)).out;
  assert.match(shown, /^event +fine_tuning\.job\.failed$/m);
  assert.equal(shown.includes(made.out.trim()), false);
  assert.match((await perennial("webhooks", "update", id, "--disable")).out, /^state +disabled$/m);
  const changed = await perennial("webhooks", "update", id, "--enable", "--name", "ci", "--json");
  assert.deepEqual([JSON.parse(changed.out).enabled, JSON.parse(changed.out).name], [true, "ci"]);
  const rotated = await perennial("webhooks", "rotate", id, "--keep-old");
  assert.match(rotated.out, /^whsec_\S{44}\n$/);
  assert.match(rotated.err, /valid for 24 hours more/);
  assert.equal((await perennial("webhooks", "delete", id)).out, `deleted  ${id}\n`);
  const gone = await perennial("webhooks", "get", id);
  const text = `No webhook endpoint ${id} in this project. \`perennial webhooks list\` shows those there are.\n`;
  assert.deepEqual(gone, { code: 1, out: "", err: text });
});

test("a webhook is tested, its deliveries are listed, one is shown and replayed", async () => {
  await using app = await createHookedApp();
  await using receiver = await createReceiver(
    answerWith(204),
    answerWith(410, {}, "moved away"),
    answerWith(200),
  );
  const perennial = terminalOf(app);
  const hook = JSON.parse((await perennial("webhooks", "create", receiver.url, "--json")).out);
  const tested = await perennial("webhooks", "test", hook.id);
  assert.equal(tested.out, "sent    fine_tuning.job.succeeded\nanswer  204\n");
  const job = await createJob(app);
  await perennial("jobs", "cancel", job.id);
  const { id } = await waitForDelivery(app, hook, hasStatus("failed"));
  const listed = (await perennial("webhooks", "deliveries", hook.id, "--status", "failed")).out;
  assert.match(listed, new RegExp(`\n${id}  failed .* fine_tuning.job.cancelled  ${job.id}  1 .* 410`));
  const one = (await perennial("webhooks", "deliveries", hook.id, id)).out;
  assert.match(one, /^attempt .*410.*: moved away$/m);
  const refused = await perennial("webhooks", "replay", hook.id, id);
  assert.match(refused.err, /is disabled; enable it, then replay\. `perennial webhooks update/);
  await perennial("webhooks", "update", hook.id, "--enable");
  assert.match((await perennial("webhooks", "replay", hook.id, id)).out, /^replayed {2}whd_/);
  await waitForDelivery(app, hook, hasStatus("delivered"));
  const all = await perennial("webhooks", "replay", hook.id, "--since", "1d", "--include-delivered");
  assert.equal(all.out, "replayed  1\n");
  await receiver.first(4);
});

test("a test that is not acknowledged fails the command and names the next one", async () => {
  await using app = await createHookedApp();
  await using receiver = await createReceiver(answerWith(500));
  const perennial = terminalOf(app);
  const hook = JSON.parse((await perennial("webhooks", "create", receiver.url, "--json")).out);
  const { code, err } = await perennial("webhooks", "test", hook.id);
  assert.equal(code, 1);
  assert.match(err, new RegExp(`answered 500, .*\`perennial webhooks deliveries ${hook.id}\``));
});

test("mistakes on the command line are told before anything is sent", async () => {
  const perennial = createTestTerminal();
  for (const [args, expected] of [
    [["webhooks", "create", "https://a.example", "--event", "started"], /Use one of fine_tuning/],
    [["webhooks", "update", "whe_1"], /Nothing to change/],
    [["webhooks", "update", "whe_1", "--enable", "--disable"], /not both/],
    [["webhooks", "replay", "whe_1"], /Give a delivery .* or --since/],
    [["webhooks", "replay", "whe_1", "whd_1", "--since", "1h"], /Give a delivery .* or --since/],
    [["webhooks", "replay", "whe_1", "--since", "yesterday"], /Give a time such as/],
    [["webhooks", "deliveries", "whe_1", "--status", "lost"], /No status 'lost'/],
  ] as const) {
    const { code, out, err } = await perennial(...args);
    assert.deepEqual([code, out], [1, ""], args.join(" "));
    assert.match(err, expected);
  }
});

test("times and event types are read in their short forms", () => {
  assert.deepEqual(
    ["30m", "6h", "2d"].map((text) => since(text, 1_000_000)),
    [998_200, 978_400, 827_200],
  );
  assert.equal(since("2027-01-15T08:00:00Z", 0), 1_800_000_000);
  assert.equal(since("999999d", 100), 0);
  assert.equal(eventType("cancelled"), "fine_tuning.job.cancelled");
  for (const text of ["", "5", "1w", "-1h", "2027-99-99"]) assert.throws(() => since(text, 0), text);
});
