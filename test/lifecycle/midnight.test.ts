import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { assemble } from "../../server/assemble.ts";
import { readConfig } from "../../server/config.ts";
import { readBases } from "../../server/models/bases.ts";
import { silentLog } from "../../server/platform/log.ts";
import { createServing } from "../../server/serving/serving.ts";
import { createPlayedTrainer } from "../../server/test-app.ts";
import { ADMIN_KEY, BASE, checkout, lacksModel, PROJECT_KEY, python } from "../support/server.ts";

const MIDNIGHT = Date.parse("2027-03-01T00:00:00Z") / 1000;

/** The application with the real engine, one place in it, and a clock that the test puts where it wants. */
async function openWithEngine(folder: string, now: () => number) {
  const config = readConfig({
    PERENNIAL_DATA: folder,
    PERENNIAL_BASES: process.env.PERENNIAL_BASES ?? join(checkout, "data", "bases"),
    PERENNIAL_TRAINER_PYTHON: python,
    PERENNIAL_API_KEY: PROJECT_KEY,
    PERENNIAL_ADMIN_KEY: ADMIN_KEY,
    PERENNIAL_ENGINE_SLOTS: "1",
    PERENNIAL_ENGINE_THREADS: "1",
  });
  const bases = readBases(config.bases);
  return await assemble({
    config,
    log: silentLog,
    now,
    bases,
    trainer: createPlayedTrainer().trainer,
    abilities: { python, hasPackage: async () => false, hasCuda: async () => false },
    createServing: ({ ggufOf, folderOf: peftOf }) =>
      createServing({ config, bases, ggufOf, peftOf, logFolder: join(folder, "logs"), log: silentLog }),
  });
}

test("at midnight the engine's stream goes on, who waits for its place is refused, and nobody gets it again", {
  skip: lacksModel,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "perennial-midnight-"));
  try {
    const real = () => Math.floor(Date.now() / 1000);
    let offset = MIDNIGHT - 3600 - real();
    await using server = await openWithEngine(folder, () => real() + offset);
    const post = (path: string, json: unknown, key = PROJECT_KEY) =>
      Promise.resolve(
        server.app.request(path, {
          method: "POST",
          body: JSON.stringify(json),
          headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        }),
      );
    const document = { models: [{ id: BASE, shutdown_at: "2027-03-01" }] };
    const plan = JSON.parse(await (await post("/v1/perennial/lifecycle/plans", document, ADMIN_KEY)).text());
    await post("/v1/perennial/lifecycle/changes", { document, plan_hash: plan.hash }, ADMIN_KEY);
    const ask = (more: object) =>
      post("/v1/chat/completions", {
        model: BASE,
        messages: [{ role: "user", content: "Tell a long story." }],
        ...more,
      });
    assert.equal((await ask({ max_tokens: 1 })).status, 200);

    offset = MIDNIGHT - real() - 2;
    const stream = await ask({ stream: true, max_tokens: 200, seed: 1, logit_bias: { 2: -100 } });
    assert.equal(stream.status, 200);
    const text = stream.text();
    const late = await ask({ max_tokens: 5 });
    assert.ok(real() + offset >= MIDNIGHT, "it was refused before its time");
    assert.equal(late.status, 404);
    assert.match(await late.text(), /has been deprecated/);
    assert.match(await text, /data: \[DONE\]/);
    assert.doesNotMatch(await text, /"error"/);
    assert.equal((await ask({ max_tokens: 1 })).status, 404);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
