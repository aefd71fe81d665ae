import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import fc from "fast-check";
import { ErrorBody } from "../../contract/errors.ts";
import { createTestApp, type TestApp, tenRows } from "../test-app.ts";
import { createJob, hasEnded, playAll } from "../test-job.ts";

const ADMIN = "sk-test-admin";
const pathOf = (checkpoint: string) => `/v1/fine_tuning/checkpoints/${checkpoint}/permissions`;

async function newProject(app: TestApp, name: string): Promise<{ id: string; key: string }> {
  const project = await app.json(app.post("/v1/organization/projects", { name }, ADMIN));
  const keys = `/v1/organization/projects/${project.id}/api_keys`;
  const { value } = await app.json(app.post(keys, { name }, ADMIN));
  return { id: project.id, key: value };
}

/** A model of the default project with its earlier checkpoint, and a project of others. */
async function setUp(app: TestApp) {
  const job = await createJob(app);
  playAll(await app.nextRun());
  const { fine_tuned_model: model } = await app.waitForJob(job.id, hasEnded);
  const { data } = await app.json(app.call(`/v1/fine_tuning/jobs/${job.id}/checkpoints`));
  const checkpoint: string = data[1].fine_tuned_model_checkpoint;
  return { job, model: String(model), checkpoint, other: await newProject(app, "Other") };
}

const grant = (app: TestApp, checkpoint: string, project_ids: unknown, key = ADMIN) =>
  app.post(pathOf(checkpoint), { project_ids }, key);
const list = (app: TestApp, checkpoint: string, query = "") =>
  app.json(app.call(`${pathOf(checkpoint)}${query}`, {}, ADMIN));
const revoke = (app: TestApp, checkpoint: string, id: string, key = ADMIN) =>
  app.call(`${pathOf(checkpoint)}/${id}`, { method: "DELETE" }, key);

/** What a project's key can do with a model: chat, see it, find it in the list, continue from it. */
async function usesOf(app: TestApp, model: string, key: string) {
  const messages = [{ role: "user", content: "hi" }];
  const chat = await app.post("/v1/chat/completions", { model, messages }, key);
  const seen = await app.call(`/v1/models/${model}`, {}, key);
  const { data } = await app.json(app.call("/v1/models", {}, key));
  const file = await app.json(app.upload(tenRows, { key }));
  const job = await app.post("/v1/fine_tuning/jobs", { model, training_file: file.id }, key);
  return [
    chat.status,
    seen.status,
    data.some(({ id }: { id: string }) => id === model) ? 200 : 404,
    job.status,
  ];
}
const all = [200, 200, 200, 200];
const none = [404, 404, 404, 400];

async function refusalOf(app: TestApp, response: Response | Promise<Response>) {
  const answered = await response;
  const { error } = ErrorBody.parse(await app.json(answered));
  return { status: answered.status, ...error };
}

test("a permitted project uses a model and a checkpoint until its permission is deleted", async () => {
  await using app = await createTestApp();
  const { model, checkpoint, other } = await setUp(app);
  assert.match(checkpoint, /:ckpt-step-2$/);
  for (const name of [model, checkpoint]) {
    assert.deepEqual(await usesOf(app, name, other.key), none);
    const granted = await app.json(grant(app, name, [other.id]));
    const [permission] = granted.data;
    assert.match(permission.id, /^cp_[A-Za-z0-9]{24}$/);
    assert.deepEqual(granted, {
      object: "list",
      data: [
        {
          id: permission.id,
          object: "checkpoint.permission",
          created_at: 1_800_000_000,
          project_id: other.id,
        },
      ],
      first_id: permission.id,
      last_id: permission.id,
      has_more: false,
    });
    assert.deepEqual(await usesOf(app, name, other.key), all);
    const deleted = await app.json(revoke(app, name, permission.id));
    assert.deepEqual(deleted, { id: permission.id, object: "checkpoint.permission", deleted: true });
    assert.deepEqual(await usesOf(app, name, other.key), none);
    assert.deepEqual((await list(app, name)).data, []);
  }
});

test("a permission shows nothing else of the project that owns the model", async () => {
  await using app = await createTestApp();
  const { job, model, checkpoint, other } = await setUp(app);
  await grant(app, model, [other.id]);
  const { result_files, training_file } = await app.json(app.call(`/v1/fine_tuning/jobs/${job.id}`));
  for (const path of [
    `/v1/models/${checkpoint}`,
    `/v1/fine_tuning/jobs/${job.id}`,
    `/v1/fine_tuning/jobs/${job.id}/events`,
    `/v1/fine_tuning/jobs/${job.id}/checkpoints`,
    `/v1/files/${training_file}`,
    `/v1/files/${result_files[0]}/content`,
  ]) {
    assert.equal((await app.call(path)).status, 200, path);
    assert.equal((await app.call(path, {}, other.key)).status, 404, path);
  }
  const third = await newProject(app, "Third");
  assert.deepEqual(await usesOf(app, model, third.key), none);
});

test("only its own project deletes a model, and that ends it for all", async () => {
  await using app = await createTestApp();
  const { model, other } = await setUp(app);
  const [permission] = (await app.json(grant(app, model, [other.id]))).data;
  const refused = await refusalOf(app, app.call(`/v1/models/${model}`, { method: "DELETE" }, other.key));
  assert.deepEqual([refused.status, refused.param], [403, "model"]);
  assert.deepEqual(await usesOf(app, model, other.key), all);
  assert.equal((await app.call(`/v1/models/${model}`, { method: "DELETE" })).status, 200);
  assert.deepEqual(await usesOf(app, model, other.key), none);
  for (const answer of [
    grant(app, model, [other.id]),
    app.call(pathOf(model), {}, ADMIN),
    revoke(app, model, permission.id),
  ]) {
    const { status, param } = await refusalOf(app, answer);
    assert.deepEqual([status, param], [404, "fine_tuned_model_checkpoint"]);
  }
});

test("a job that continues from a shared model keeps what it needs when model and permission go", async () => {
  await using app = await createTestApp();
  const { model, other } = await setUp(app);
  const [permission] = (await app.json(grant(app, model, [other.id]))).data;
  const file = await app.json(app.upload(tenRows, { key: other.key }));
  const body = { model, training_file: file.id };
  const job = await app.json(app.post("/v1/fine_tuning/jobs", body, other.key));
  await revoke(app, model, permission.id);
  await app.call(`/v1/models/${model}`, { method: "DELETE" });
  playAll(await app.nextRun());
  for (;;) {
    const { status, fine_tuned_model } = await app.json(
      app.call(`/v1/fine_tuning/jobs/${job.id}`, {}, other.key),
    );
    if (hasEnded({ status })) {
      assert.equal(status, "succeeded");
      assert.deepEqual(await usesOf(app, fine_tuned_model, other.key), all);
      return;
    }
    await new Promise((next) => setTimeout(next, 5));
  }
});

test("granting again keeps the permission that there is, and answers in the order asked for", async () => {
  await using app = await createTestApp();
  const { model, other } = await setUp(app);
  const third = await newProject(app, "Third");
  const [first] = (await app.json(grant(app, model, [other.id]))).data;
  const { data } = await app.json(grant(app, model, [third.id, other.id, third.id]));
  assert.deepEqual(
    data.map(({ project_id }: { project_id: string }) => project_id),
    [third.id, other.id],
  );
  assert.equal(data[1].id, first.id);
  assert.equal((await list(app, model)).data.length, 2);
  await revoke(app, model, first.id);
  const [renewed] = (await app.json(grant(app, model, [other.id]))).data;
  assert.notEqual(renewed.id, first.id);
});

test("permissions are paged in both orders, whatever the size of a page", async () => {
  await using app = await createTestApp();
  const { model } = await setUp(app);
  const projects: string[] = [];
  for (let count = 0; count < 7; count += 1) projects.push((await newProject(app, `P${count}`)).id);
  await grant(app, model, projects);
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 9 }),
      fc.constantFrom("ascending", "descending"),
      async (limit, order) => {
        const read: string[] = [];
        for (let after = ""; ; ) {
          const page = await list(app, model, `?limit=${limit}&order=${order}${after}`);
          read.push(...page.data.map(({ project_id }: { project_id: string }) => project_id));
          if (!page.has_more) break;
          after = `&after=${page.last_id}`;
        }
        assert.deepEqual(read, order === "ascending" ? projects : projects.toReversed());
      },
    ),
    { numRuns: 18 },
  );
  const one = await list(app, model, `?project_id=${projects[3]}`);
  assert.deepEqual([one.data.length, one.data[0].project_id], [1, projects[3]]);
  const [newest] = (await list(app, model, "?limit=1")).data;
  await revoke(app, model, newest.id);
  assert.equal((await list(app, model, `?after=${newest.id}`)).data.length, 6);
});

test("what cannot be granted, listed or deleted is refused by its name, and grants nothing", async () => {
  await using app = await createTestApp();
  const { model, other } = await setUp(app);
  const [own] = (await app.json(app.call("/v1/organization/projects", {}, ADMIN))).data;
  const archived = await newProject(app, "Archived");
  await app.post(`/v1/organization/projects/${archived.id}/archive`, {}, ADMIN);
  const get = (query: string) => app.call(`${pathOf(model)}${query}`, {}, ADMIN);
  const cases: [Response | Promise<Response>, number, string | null][] = [
    [app.post(pathOf(model), {}, ADMIN), 400, "project_ids"],
    [grant(app, model, []), 400, "project_ids"],
    [grant(app, model, other.id), 400, "project_ids"],
    [grant(app, model, [7]), 400, "project_ids[0]"],
    [app.post(pathOf(model), { project_ids: [other.id], role: "x" }, ADMIN), 400, "role"],
    [grant(app, model, [other.id, "proj_nothere"]), 404, "project_ids[1]"],
    [grant(app, model, [archived.id]), 400, "project_ids[0]"],
    [grant(app, model, [other.id, own.id]), 400, "project_ids[1]"],
    [grant(app, model, [other.id], other.key), 403, null],
    [grant(app, "tiny-base", [other.id]), 404, "fine_tuned_model_checkpoint"],
    [grant(app, "ft:tiny-base:personal::nothere1", [other.id]), 404, "fine_tuned_model_checkpoint"],
    [get("?limit=0"), 400, "limit"],
    [get("?order=desc"), 400, "order"],
    [get("?after=cp_nothere"), 404, "after"],
    [app.call(pathOf(model), {}, other.key), 403, null],
    [revoke(app, model, "cp_nothere"), 404, "permission_id"],
    [revoke(app, model, "cp_nothere", "sk-test-project"), 403, null],
  ];
  for (const [answer, status, param] of cases) {
    const refused = await refusalOf(app, answer);
    assert.deepEqual([refused.status, refused.param], [status, param], refused.message);
  }
  assert.deepEqual((await list(app, model)).data, []);
  assert.deepEqual(await usesOf(app, model, other.key), none);
});

test("projects and models of another organization are as if they were not there", async () => {
  await using app = await createTestApp();
  const { model, other, job } = await setUp(app);
  using database = new DatabaseSync(join(app.folder, "perennial.sqlite"));
  database.exec(`
    insert into organizations (id, slug, created_at) values ('org-2', 'two', 1);
    insert into projects values ('proj_2', 'org-2', 'Two', 1, 1, null);
    insert into tuned_models (id, project_id, organization_id, base_model, adapter, job_id, created_at, deleted_at)
      values ('ft:tiny-base:two::AbCd1234', 'proj_2', 'org-2', 'tiny-base', 'adapter-2', '${job.id}', 1, null);
  `);
  assert.equal((await refusalOf(app, grant(app, model, ["proj_2"]))).param, "project_ids[0]");
  const foreign = await refusalOf(app, grant(app, "ft:tiny-base:two::AbCd1234", [other.id]));
  assert.deepEqual([foreign.status, foreign.param], [404, "fine_tuned_model_checkpoint"]);
});
