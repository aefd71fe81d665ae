import assert from "node:assert/strict";
import { test } from "node:test";
import { openDatabase } from "../database/database.ts";
import { openLimits } from "./limits.ts";
import { createRateLimitStore } from "./rate-limit-store.ts";
import { createRateLimiter } from "./rate-limiter.ts";

const standard = { requests: 100, tokens: 10_000 };
const tuned = { projectId: "proj_1", model: "ft:base:me::1", base: "base" };
const base = { projectId: "proj_1", model: "base", base: "base" };

async function createLimits() {
  const db = openDatabase(":memory:");
  await db.insertInto("organizations").values({ id: "org_1", slug: "one", created_at: 0 }).execute();
  for (const id of ["proj_1", "proj_2"]) {
    const project = {
      id,
      organization_id: "org_1",
      name: id,
      is_default: 0,
      created_at: 0,
      archived_at: null,
    };
    await db.insertInto("projects").values(project).execute();
  }
  const limits = await openLimits({ store: createRateLimitStore(db), standard });
  return { db, limits };
}

test("a tuned model shares its base's limit until it has one of its own", async () => {
  const { db, limits } = await createLimits();
  const limiter = createRateLimiter({ limits, nowMs: () => 0 });
  const left = (asked: typeof base) =>
    Number(limiter.admit({ ...asked, organizationId: "org_1" }, 1).headers["x-ratelimit-remaining-requests"]);
  assert.deepEqual([left(base), left(tuned)], [99, 98]);
  await limits.set("proj_1", "base", { requests_per_minute: 50 });
  assert.deepEqual([left(tuned), left(base)], [47, 46]);
  await limits.set("proj_1", tuned.model, { requests_per_minute: 10 });
  assert.deepEqual([left(tuned), left(base)], [9, 45]);
  assert.deepEqual(limits.of({ ...tuned, projectId: "proj_2" }).limits, standard);
  await db.destroy();
});

test("many projects at a time are counted each for itself", async () => {
  const { db, limits } = await createLimits();
  const clock = { ms: 0 };
  const limiter = createRateLimiter({ limits, nowMs: () => clock.ms });
  const left = (project: number) =>
    limiter.admit({ ...base, projectId: `proj_${project}`, organizationId: "org_1" }, 1).headers[
      "x-ratelimit-remaining-requests"
    ];
  for (let project = 0; project < 25_000; project += 1) {
    assert.equal(left(project), "99");
    clock.ms += 1;
  }
  assert.equal(left(24_999), "98");
  await db.destroy();
});
