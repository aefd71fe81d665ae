import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openRequestDatabase } from "../../server/database/database.ts";
import { BASE, lacksModel, newFolder, PROJECT_KEY, type Server, startServer } from "../support/server.ts";

async function ask(server: Server): Promise<string> {
  const response = await fetch(`${server.url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${PROJECT_KEY}`, "content-type": "application/json" },
    body: JSON.stringify({ model: BASE, messages: [{ role: "user", content: "Hi" }], max_tokens: 1 }),
  });
  assert.equal(response.status, 200, await response.text());
  return response.headers.get("x-request-id") ?? "";
}

test("kill -9 loses the metering of at most one second", { skip: lacksModel }, async (t) => {
  const folder = newFolder();
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const server = await startServer({ folder, env: { PERENNIAL_LOG: "silent" } });
  const answered: { id: string; at: number }[] = [];
  const began = performance.now();
  while (performance.now() - began < 3000 || answered.length < 20)
    answered.push({ id: await ask(server), at: performance.now() });
  const killedAt = performance.now();
  await server.kill();
  const db = openRequestDatabase(join(folder, "requests.sqlite"));
  const kept = new Set(
    (await db.selectFrom("requests").select("request_id").execute()).map((row) => row.request_id),
  );
  await db.destroy();
  const older = answered.filter(({ at }) => killedAt - at >= 1000);
  assert.ok(older.length > 10);
  assert.deepEqual(
    older.filter(({ id }) => !kept.has(id)),
    [],
  );
});
