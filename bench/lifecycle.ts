/** What the life cycle's gates cost a request, and how long a plan for 10,000 organizations takes. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Database, openDatabase } from "../server/database/database.ts";
import { createChanges } from "../server/lifecycle/changes.ts";
import { DAY_SECONDS } from "../server/lifecycle/day.ts";
import { createFactsStore } from "../server/lifecycle/facts-store.ts";
import { createImpactStore } from "../server/lifecycle/impact-store.ts";
import { createLifecycle } from "../server/lifecycle/lifecycle.ts";
import { createLifecycleStore } from "../server/lifecycle/lifecycle-store.ts";
import { deprecationHeaders } from "../server/lifecycle/model-dates.ts";
import { keepResults } from "./machine.ts";

const { values } = parseArgs({
  options: {
    organizations: { type: "string", default: "10000" },
    write: { type: "boolean", default: false },
  },
});
const COUNT = Number(values.organizations);
const NOW = Date.parse("2026-06-20T00:00:00Z") / 1000;
const BASE = "gpt-4o-mini-2024-07-18";
const USED_DAYS = 60;

const range = (count: number) => Array.from({ length: count }, (_, index) => index);

/** Rows by the thousand: SQLite takes so many values in a statement, and no more than it can hold. */
async function insertAll<Row>(
  rows: readonly Row[],
  insert: (some: Row[]) => Promise<unknown>,
): Promise<void> {
  for (let from = 0; from < rows.length; from += 1000) await insert(rows.slice(from, from + 1000));
}

/** Each organization with two projects and keys; half have tuned; a quarter call their model every other day. */
async function fill(db: Database): Promise<void> {
  const ids = range(COUNT);
  const projects = ids.flatMap((id) =>
    [0, 1].map((which) => ({ id, project: `proj_${id}_${which}`, which })),
  );
  await insertAll(ids, (some) =>
    db
      .insertInto("organizations")
      .values(some.map((id) => ({ id: `org-${id}`, slug: `o${id}`, created_at: 1, is_operator: 0 })))
      .execute(),
  );
  await insertAll(projects, (some) =>
    db
      .insertInto("projects")
      .values(
        some.map(({ id, project, which }) => ({
          id: project,
          organization_id: `org-${id}`,
          name: "p",
          is_default: 1 - which,
          created_at: 1,
          archived_at: null,
        })),
      )
      .execute(),
  );
  await insertAll(projects, (some) =>
    db
      .insertInto("api_keys")
      .values(
        some.map(({ id, project }) => ({
          id: `key_${project}`,
          organization_id: `org-${id}`,
          project_id: project,
          name: "k",
          hash: project,
          redacted: "sk-…",
          created_at: 1,
          last_used_at: null,
          revoked_at: null,
        })),
      )
      .execute(),
  );
  await fillTuned(
    db,
    ids.filter((id) => id % 2 === 0),
  );
}

async function fillTuned(db: Database, ids: readonly number[]): Promise<void> {
  await insertAll(ids, (some) =>
    db
      .insertInto("jobs")
      .values(
        some.map((id) => ({
          id: `ftjob-${id}`,
          project_id: `proj_${id}_0`,
          organization_id: `org-${id}`,
          owner_slug: `o${id}`,
          created_at: NOW - 100 * DAY_SECONDS,
          model: BASE,
          base_model: BASE,
          parent_adapter: null,
          training_file: "file-1",
          validation_file: null,
          suffix: null,
          seed: 1,
          hyperparameters: "{}",
          metadata: null,
          status: "succeeded" as const,
          error: null,
          fine_tuned_model: `ft:${BASE}:o${id}::x`,
          finished_at: NOW,
          estimated_finish: null,
          trained_tokens: 1,
          total_steps: 1,
          result_file: null,
          method: "supervised" as const,
          integrations: "[]",
          paused_at: null,
          idempotency_key: null,
          request_hash: null,
          resolved_hyperparameters: null,
        })),
      )
      .execute(),
  );
  await insertAll(ids, (some) =>
    db
      .insertInto("tuned_models")
      .values(
        some.map((id) => ({
          id: `ft:${BASE}:o${id}::x`,
          project_id: `proj_${id}_0`,
          organization_id: `org-${id}`,
          base_model: BASE,
          adapter: `adapter-${id}`,
          job_id: `ftjob-${id}`,
          created_at: NOW - 99 * DAY_SECONDS,
          deleted_at: null,
        })),
      )
      .execute(),
  );
  const uses = ids
    .filter((id) => id % 4 === 0)
    .flatMap((id) => range(USED_DAYS / 2).map((step) => ({ id, at: NOW - 2 * step * DAY_SECONDS })));
  await insertAll(uses, (some) =>
    db
      .insertInto("usage_days")
      .values(
        some.map(({ id, at }) => ({
          day: Math.floor(at / DAY_SECONDS),
          project_id: `proj_${id}_0`,
          key_id: `key_proj_${id}_0`,
          model: `ft:${BASE}:o${id}::x`,
          organization_id: `org-${id}`,
          base_model: BASE,
          is_tuned: 1,
          first_at: at,
          last_at: at + 3600,
          requests: 10,
          input_tokens: 1000,
          output_tokens: 100,
        })),
      )
      .execute(),
  );
}

const document = {
  policies: [{ builtin: "openai-2026" }],
  models: [{ id: BASE, shutdown_at: "2027-01-14", announced_at: "2026-06-20" }],
  accept: ["past_dates"],
};

/** Microseconds a call, the median of several rounds. */
async function cost(calls: number, work: (index: number) => Promise<void> | void): Promise<number> {
  const rounds: number[] = [];
  for (const _ of range(7)) {
    const started = performance.now();
    for (let index = 0; index < calls; index += 1) await work(index);
    rounds.push(((performance.now() - started) * 1000) / calls);
  }
  return Math.round((rounds.sort((a, b) => a - b)[3] ?? 0) * 100) / 100;
}

async function timed<Result>(work: () => Promise<Result>): Promise<{ ms: number; result: Result }> {
  const started = performance.now();
  const result = await work();
  return { ms: Math.round(performance.now() - started), result };
}

async function bench(db: Database) {
  const store = createLifecycleStore(db);
  const facts = createFactsStore(db);
  const now = () => NOW;
  const lifecycle = createLifecycle({ store, facts, now, deprecationsPage: "http://localhost/deprecations" });
  await lifecycle.reload();
  const impact = createImpactStore(db);
  const changes = createChanges({
    store,
    impact,
    facts,
    lifecycle,
    bases: new Set([BASE]),
    now,
    onChanged: () => {},
  });
  const first = await timed(() => changes.plan(document));
  const second = await timed(() => changes.plan(document));
  const hits = second.result.dates.map(({ date, what, hit }) => `${date} ${what} ${hit.organizations}`);
  await changes.apply(document, second.result.hash, "key");

  const askerOf = (id: number) => ({ organizationId: `org-${id}`, projectId: `proj_${id}_0` });
  const training = { base: BASE, method: "supervised", model: BASE, isTuned: false };
  const mayTrain = (id: number) => lifecycle.assertMayTrain(askerOf(id), training).catch(() => {});
  const active = range(COUNT).filter((id) => id % 4 === 0);
  const cold = await timed(async () => {
    for (const id of active) await mayTrain(id);
  });
  return {
    organizations: COUNT,
    plan_ms: [first.ms, second.ms],
    hits,
    gate_us: {
      chat_request: await cost(200_000, () => {
        deprecationHeaders(lifecycle.modelDates(BASE, true), "http://localhost/deprecations");
      }),
      create_job: await cost(20_000, (index) => mayTrain(active[index % active.length] ?? 0)),
      create_job_first_of_an_organization: Math.round((cold.ms * 1000) / active.length),
    },
  };
}

const folder = mkdtempSync(join(tmpdir(), "perennial-bench-"));
try {
  const db = openDatabase(join(folder, "perennial.sqlite"));
  await fill(db);
  const results = await bench(db);
  console.log(JSON.stringify(results, null, 2));
  if (values.write) keepResults("lifecycle", { results });
  await db.destroy();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
