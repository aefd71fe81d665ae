import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestApp, tenRows } from "./test-app.ts";

test("the metrics count jobs and engines in Prometheus' format, and need no key", async () => {
  await using app = await createTestApp();
  const file = await app.json(app.upload(tenRows));
  const job = await app.json(
    app.post("/v1/fine_tuning/jobs", { model: "tiny-base", training_file: file.id }),
  );
  await app.waitForJob(job.id, ({ status }) => status === "running");
  const text = await (await app.app.request("/metrics")).text();
  assert.match(text, /^perennial_jobs\{status="running"\} 1$/m);
  assert.match(text, /^perennial_engine_memory_bytes\{base="tiny-base",pid="7"\} 1000$/m);
  assert.match(text, /^perennial_webhook_deliveries\{status="pending"\} 0$/m);
  for (const line of text.trim().split("\n")) {
    assert.match(
      line,
      /^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? [\d.e+]+)$/,
    );
  }
});

test("a server that is alive and ready says so without a key", async () => {
  await using app = await createTestApp();
  for (const path of ["/healthz", "/readyz"]) assert.equal((await app.app.request(path)).status, 200);
});
