import assert from "node:assert/strict";
import { createTestApp, type TestApp, tenRows } from "./test-app.ts";
import { hasEnded, playAll } from "./test-job.ts";

export const LIFE = "/v1/perennial/lifecycle";
export const ADMIN = "sk-test-admin";
export const at = (text: string) => Date.parse(text) / 1000;

/** The app with a clock that the test sets. */
export async function createDatedApp(start: string, options: Parameters<typeof createTestApp>[0] = {}) {
  const clock = { now: at(start) };
  const app = await createTestApp({ now: () => clock.now, ...options });
  const set = (text: string) => {
    clock.now = at(text);
  };
  return Object.assign(app, { clock, set });
}
export type DatedApp = Awaited<ReturnType<typeof createDatedApp>>;

/** Plans and applies a change; it has to be a good one. */
export async function applyChange(app: TestApp, document: object): Promise<{ id: string }> {
  const planned = await app.post(`${LIFE}/plans`, document, ADMIN);
  const plan = await app.json(planned);
  assert.equal(planned.status, 200, JSON.stringify(plan));
  const applied = await app.post(`${LIFE}/changes`, { document, plan_hash: plan.hash }, ADMIN);
  const change = await app.json(applied);
  assert.equal(applied.status, 200, JSON.stringify(change));
  return change;
}

export type Member = {
  readonly id: string;
  readonly project: string;
  readonly key: string;
  readonly admin: string;
};

/** Another organization with a key of its default project. */
export async function createMember(app: TestApp, name: string): Promise<Member> {
  const made = await app.json(app.post("/v1/perennial/organizations", { name }, ADMIN));
  const { id, admin_key: admin, default_project: project } = made;
  const path = `/v1/organization/projects/${project}/api_keys`;
  const { value: key } = await app.json(app.post(path, { name: "k" }, admin));
  return { id, project, key, admin };
}

/** Asks for a job as a client does: file, then job. */
export async function askForJob(app: TestApp, key: string, more = {}): Promise<Response> {
  const file = await app.json(app.upload(tenRows, { key }));
  return app.post("/v1/fine_tuning/jobs", { model: "tiny-base", training_file: file.id, ...more }, key);
}

/** A tuned model of the key's project. */
export async function tune(app: TestApp, key: string, more = {}): Promise<string> {
  const { id } = await app.json(askForJob(app, key, more));
  playAll(await app.nextRun());
  for (;;) {
    const job = await app.json(app.call(`/v1/fine_tuning/jobs/${id}`, {}, key));
    if (hasEnded(job)) return String(job.fine_tuned_model);
    await new Promise((next) => setTimeout(next, 2));
  }
}

export const call = (app: TestApp, model: string, key?: string, more = {}): Promise<Response> =>
  Promise.resolve(
    app.post("/v1/chat/completions", { model, messages: [{ role: "user", content: "hi" }], ...more }, key),
  );
