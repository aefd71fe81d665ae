import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestApp, tenRows } from "./test-app.ts";
import { applyChange, at, createDatedApp } from "./test-lifecycle.ts";

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

test("the metrics tell the dates of bases, for alerts", async () => {
  await using app = await createDatedApp("2027-01-01T00:00:00Z");
  const tuned_models = { days_after: 10 };
  await applyChange(app, { models: [{ id: "tiny-base", shutdown_at: "2027-03-01", tuned_models }] });
  const text = await (await app.app.request("/metrics")).text();
  const day = at("2027-03-01T00:00:00Z");
  assert.match(text, new RegExp(`perennial_base_shutdown_timestamp_seconds\\{base="tiny-base"\\} ${day}\n`));
  assert.match(
    text,
    new RegExp(`perennial_tuned_models_shutdown_timestamp_seconds\\{base="tiny-base"\\} ${day + 864000}\n`),
  );
});
