import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { DashboardSession } from "../../contract/dashboard.ts";
import { createTestApp, type TestApp } from "../test-app.ts";
import { createBrowser } from "./test-browser.ts";

const MODELS = "/v1/models";
const PROJECTS = "/v1/organization/projects";
const codeOf = async (response: Response) => JSON.parse(await response.text()).error.code;

async function signedIn(app: TestApp, key = "sk-test-project") {
  const browser = createBrowser(app);
  const response = await browser.signIn({ key });
  assert.equal(response.status, 200);
  return { ...browser, session: DashboardSession.parse(JSON.parse(await response.text())), response };
}

const otherProject = (app: TestApp): Promise<{ id: string }> =>
  app.json(app.post(PROJECTS, { name: "Other" }, "sk-test-admin"));

test("a project's key signs in: the cookie is out of scripts' reach and opens that project alone", async () => {
  await using app = await createTestApp();
  const { ask, session, response } = await signedIn(app);
  assert.match(
    response.headers.get("set-cookie") ?? "",
    /^perennial_session_4010=\w{48}; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Strict$/,
  );
  assert.equal(session.kind, "project");
  assert.deepEqual(session.projects, [session.project]);
  assert.deepEqual(await app.json(ask("/dashboard/session")), session);
  assert.equal((await ask(MODELS)).status, 200);
  assert.equal((await ask(PROJECTS)).status, 403);
  const other = await otherProject(app);
  const elsewhere = await ask(MODELS, { headers: { "openai-project": other.id } });
  assert.equal(elsewhere.status, 403);
});

test("the cookie is for HTTPS alone where the page came over it", async () => {
  await using app = await createTestApp();
  const response = await createBrowser(app).signIn(
    { key: "sk-test-project" },
    { origin: "https://tune.example" },
  );
  assert.match(response.headers.get("set-cookie") ?? "", /; Secure/);
});

test("a wrong key is 401, and after ten of them in a minute not even the right one is tried", async () => {
  await using app = await createTestApp();
  const browser = createBrowser(app);
  for (let tried = 0; tried < 10; tried += 1) {
    const response = await browser.signIn({ key: `sk-wrong-${tried}` });
    assert.equal(response.status, 401);
    assert.equal(response.headers.get("set-cookie"), null);
  }
  const response = await browser.signIn({ key: "sk-test-project" });
  assert.equal(response.status, 429);
  assert.match(response.headers.get("retry-after") ?? "", /^\d+$/);
});

test("what is no key and no link is refused by name", async () => {
  await using app = await createTestApp();
  const browser = createBrowser(app);
  for (const by of [{}, { key: 7 }, { key: "a", link: "b" }, { key: "" }, { link: "x y" }, []])
    assert.equal((await browser.signIn(by)).status, 400, JSON.stringify(by));
  assert.equal((await browser.signIn({ key: "k".repeat(17_000) })).status, 413);
});

test("nothing that another site's page can send signs in, signs out or is answered", async () => {
  await using app = await createTestApp();
  const { ask, signIn } = await signedIn(app);
  const foreign: Record<string, string>[] = [
    { "x-perennial-dashboard": "" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { "sec-fetch-site": "none" },
  ];
  for (const headers of foreign) {
    assert.equal((await ask(MODELS, { headers })).status, 401);
    assert.equal(await codeOf(await signIn({ key: "sk-test-project" }, headers)), "cross_site_request");
    assert.equal((await ask("/dashboard/session", { method: "DELETE", headers })).status, 403);
  }
  assert.equal((await ask(MODELS)).status, 200);
});

test("under a name that nobody allowed a browser gets nothing; a key is still answered", async () => {
  await using app = await createTestApp({ environment: { PERENNIAL_ALLOWED_HOSTS: "tune.example, b.test" } });
  const { ask, signIn } = await signedIn(app);
  for (const host of ["rebound.example:4010", "localhost.example", "127.0.0.1.example", "a b", ""]) {
    const headers = { host: host || "evil.example" };
    assert.equal(await codeOf(await ask(MODELS, { headers })), "host_not_allowed");
    assert.equal(await codeOf(await signIn({ key: "sk-test-project" }, headers)), "host_not_allowed");
    assert.equal(await codeOf(await ask("/", { headers })), "host_not_allowed");
  }
  for (const host of ["localhost:4010", "[::1]:4010", "192.168.1.7", "tune.example", "TUNE.example.:80"])
    assert.equal((await ask(MODELS, { headers: { host } })).status, 200, host);
  assert.equal((await app.call(MODELS, { headers: { host: "perennial.internal" } })).status, 200);
});

test("a session ends with its key, with its project, by signing out and by time", async () => {
  const clock = { now: 1_800_000_000 };
  await using app = await createTestApp({ now: () => clock.now });
  const project = await otherProject(app);
  const newKey = () =>
    app.json(app.post(`${PROJECTS}/${project.id}/api_keys`, { name: "k" }, "sk-test-admin"));
  const [first, second] = [await newKey(), await newKey()];

  const revoked = await signedIn(app, first.value);
  assert.equal((await revoked.ask(MODELS)).status, 200);
  await app.call(`${PROJECTS}/${project.id}/api_keys/${first.id}`, { method: "DELETE" }, "sk-test-admin");
  assert.equal((await revoked.ask(MODELS)).status, 401);
  assert.equal(await codeOf(await revoked.ask("/dashboard/session")), "not_signed_in");

  const archived = await signedIn(app, second.value);
  assert.equal((await archived.ask(MODELS)).status, 200);
  await app.post(`${PROJECTS}/${project.id}/archive`, {}, "sk-test-admin");
  assert.equal((await archived.ask(MODELS)).status, 401);

  const left = await signedIn(app);
  const kept = left.cookie();
  assert.equal((await left.ask("/dashboard/session", { method: "DELETE" })).status, 204);
  assert.equal((await left.ask(MODELS, { headers: { cookie: kept } })).status, 401);

  const old = await signedIn(app);
  clock.now += 30 * 86_400;
  assert.equal((await old.ask(MODELS)).status, 401);
});

test("an admin acts in the project that the page names, and stays an admin", async () => {
  await using app = await createTestApp();
  const { ask, session } = await signedIn(app, "sk-test-admin");
  const other = await otherProject(app);
  const headers = { "openai-project": other.id };
  assert.equal(session.kind, "admin");
  assert.equal(session.project, null);
  assert.equal((await ask(MODELS)).status, 403);
  assert.equal((await ask(MODELS, { headers })).status, 200);
  assert.equal((await ask(PROJECTS, { headers })).status, 200);
  const unknown = await ask(MODELS, { headers: { "openai-project": "proj_nobody" } });
  assert.equal(await codeOf(unknown), "project_not_found");
  const seen = await app.json(ask("/dashboard/session", { headers }));
  assert.deepEqual(seen.projects.map(({ id }: { id: string }) => id).includes(other.id), true);
  assert.equal(seen.kind, "admin");
});

test("an admin of another organization cannot act in a project of this one", async () => {
  await using app = await createTestApp();
  const { session } = await signedIn(app);
  const made = await app.json(app.post("/v1/perennial/organizations", { name: "acme" }, "sk-test-admin"));
  const { ask } = await signedIn(app, made.admin_key);
  const response = await ask(MODELS, { headers: { "openai-project": session.project?.id ?? "" } });
  assert.equal(await codeOf(response), "project_not_found");
});

test("a key that is sent goes before the cookie", async () => {
  await using app = await createTestApp();
  const { ask } = await signedIn(app);
  assert.equal((await ask(PROJECTS, { headers: { authorization: "Bearer sk-test-admin" } })).status, 200);
  assert.equal((await ask(MODELS, { headers: { authorization: "Bearer sk-wrong-key" } })).status, 401);
});

test("the start's link signs in as admin, once, for half an hour", async () => {
  const clock = { now: 1_800_000_000 };
  await using app = await createTestApp({ now: () => clock.now });
  const link = (await app.dashboard.firstLink()) ?? "";
  const [one, two] = await Promise.all([
    createBrowser(app).signIn({ link }),
    createBrowser(app).signIn({ link }),
  ]);
  assert.deepEqual([one.status, two.status].sort(), [200, 401]);
  const late = (await app.dashboard.firstLink()) ?? "";
  clock.now += 30 * 60;
  assert.equal(await codeOf(await createBrowser(app).signIn({ link: late })), "invalid_link");
});

test("an admin key makes links; a project's key and nobody do not", async () => {
  await using app = await createTestApp();
  const made = await app.json(app.post("/dashboard/links", {}, "sk-test-admin"));
  assert.equal(made.object, "dashboard.link");
  const response = await createBrowser(app).signIn({ link: made.token });
  assert.equal(DashboardSession.parse(JSON.parse(await response.text())).kind, "admin");
  assert.equal((await app.post("/dashboard/links", {})).status, 403);
  assert.equal((await app.app.request("/dashboard/links", { method: "POST" })).status, 401);
});

test("neither key nor token nor link stands in a line of the log, or in the database", async () => {
  const lines: string[] = [];
  const keep = (...said: unknown[]) => void lines.push(JSON.stringify(said));
  const log = { info: keep, warn: keep, error: keep };
  await using app = await createTestApp({ parts: { log } });
  const { ask, cookie } = await signedIn(app);
  const link = (await app.dashboard.firstLink()) ?? "";
  await ask(MODELS);
  await createBrowser(app).signIn({ link });
  await createBrowser(app).signIn({ key: "sk-wrong-key-of-somebody" });
  const token = cookie().split("=")[1] ?? "nothing";
  assert.ok(lines.length >= 4);
  for (const secret of ["sk-test-project", "sk-wrong-key-of-somebody", link, token])
    assert.ok(!lines.join("\n").includes(secret));
  const files = readdirSync(app.folder).filter((name) => name.startsWith("perennial.sqlite"));
  const stored = files.map((name) => readFileSync(join(app.folder, name), "latin1")).join("");
  assert.ok(stored.includes("dashboard_sessions"));
  for (const secret of [link, token]) assert.ok(!stored.includes(secret));
});

test("signing out everywhere ends all sessions of that key, its unused links, and no other key's", async () => {
  await using app = await createTestApp();
  const [here, there, admin] = [
    await signedIn(app),
    await signedIn(app),
    await signedIn(app, "sk-test-admin"),
  ];
  assert.equal((await here.ask("/dashboard/sessions", { method: "DELETE" })).status, 204);
  for (const { ask } of [here, there]) assert.equal((await ask("/dashboard/session")).status, 401);
  assert.equal((await admin.ask("/dashboard/session")).status, 200);
  const link: { token: string } = await app.json(app.post("/dashboard/links", {}, "sk-test-admin"));
  assert.equal((await admin.ask("/dashboard/sessions", { method: "DELETE" })).status, 204);
  assert.equal(await codeOf(await createBrowser(app).signIn({ link: link.token })), "invalid_link");
});

test("nobody, and no other site's page, signs anybody out everywhere", async () => {
  await using app = await createTestApp();
  const { ask } = await signedIn(app);
  const foreign = { method: "DELETE", headers: { "sec-fetch-site": "cross-site" } };
  assert.equal(await codeOf(await ask("/dashboard/sessions", foreign)), "cross_site_request");
  assert.equal((await ask("/dashboard/session")).status, 200);
  const nobody = await createBrowser(app).ask("/dashboard/sessions", { method: "DELETE" });
  assert.equal(await codeOf(nobody), "not_signed_in");
});
