import assert from "node:assert/strict";
import { test } from "node:test";
import { CHAT, hello } from "../../server/generation/fixtures/played-answers.ts";
import { createTestApp, type TestApp } from "../../server/test-app.ts";
import { createTestTerminal } from "../test-terminal.ts";

const terminalOf = (app: TestApp, columns?: number) =>
  createTestTerminal({
    fetch: async (url, init) => app.app.request(String(url), init),
    ...(columns === undefined ? {} : { columns }),
  });

async function createUsedApp() {
  const app = await createTestApp();
  await (await app.post(CHAT, { ...hello, stream: true })).text();
  await app.post(CHAT, hello);
  await app.post(CHAT, { ...hello, model: "none" });
  return app;
}

test("requests are listed with their tokens and times, and by how they ended", async () => {
  await using app = await createUsedApp();
  const perennial = terminalOf(app);
  const { out } = await perennial("requests");
  const [head, ...lines] = out.trimEnd().split("\n");
  assert.match(head ?? "", /^WHEN +REQUEST +MODEL +API +STATUS +IN +OUT +FIRST +TOOK$/);
  assert.match(lines[0] ?? "", /^just now +req_\w+ +none +chat +model_not_found +0 +0 +\d+ ms$/);
  assert.match(lines[2] ?? "", /^just now +req_\w+ +tiny-base +chat, streamed +ok +5 +1 +\d+ ms +\d+ ms$/);
  assert.equal(lines.length, 3);
  assert.equal((await perennial("requests", "--limit", "1")).out.trimEnd().split("\n").length, 2);
  const failed = await perennial("requests", "--status", "failed", "--since", "1h", "--json");
  assert.deepEqual(
    JSON.parse(failed.out).map(({ status }: { status: string }) => status),
    ["model_not_found"],
  );
  assert.equal((await perennial("requests", "--admin", "--model", "nobody")).err, "No requests.\n");
  assert.match((await perennial("requests", "--status", "fine")).err, /^Invalid value for 'status'/);
});

test("use is shown by day and hour, told apart as wanted, and fits the terminal", async () => {
  await using app = await createUsedApp();
  const perennial = terminalOf(app, 80);
  assert.equal(
    (await perennial("usage")).out,
    "DAY         REQUESTS  INPUT  CACHED  OUTPUT\n2027-01-15  2         10     0       2\n",
  );
  const { out } = await perennial("usage", "--by", "hour", "--group", "model", "--group", "key", "--admin");
  for (const line of out.trimEnd().split("\n")) assert.ok(line.length <= 80, line);
  assert.match(
    out,
    /^HOUR +MODEL +KEY +REQUESTS +INPUT +CACHED +OUTPUT\n2027-01-15 08:00 UTC +tiny-\S+ +key_/,
  );
  const json = JSON.parse((await perennial("usage", "--by", "minute", "--group", "project", "--json")).out);
  assert.deepEqual([json.length, json[0].num_model_requests], [1, 2]);
  assert.equal((await perennial("usage", "--model", "none")).err, "Nothing was used.\n");
  assert.match((await perennial("usage", "--by", "week")).err, /^No width 'week': use day, hour, minute\.\n/);
  assert.match(
    (await perennial("usage", "--group", "user")).err,
    /^No group 'user': use model, project, key/,
  );
});
