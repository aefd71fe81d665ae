import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { importsOf } from "../scripts/check/imports.ts";
import { createBrowser } from "../server/dashboard/test-browser.ts";
import { createTestApp, tenRows } from "../server/test-app.ts";
import { createClient } from "./client.ts";
import { take } from "./pages.ts";

test("from the dashboard's page the client signs in, acts in the chosen project and signs out, with no key", async () => {
  await using app = await createTestApp();
  const browser = createBrowser(app);
  const asked: string[] = [];
  const open = (project: string | null) =>
    createClient({
      baseUrl: "",
      project,
      fetch: async (url, init) => {
        asked.push(String(url));
        return browser.ask(String(url), {
          ...init,
          headers: Object.fromEntries(new Headers(init?.headers)),
        });
      },
    });
  const { dashboard } = open(null);
  assert.equal(await dashboard.session(), null);
  const session = await dashboard.signIn({ key: "sk-test-admin" });
  assert.deepEqual(await dashboard.session(), session);
  const inProject = open(session.projects[0]?.id ?? null);
  const file = await inProject.files.upload({
    name: "train.jsonl",
    bytes: new Blob([tenRows]),
    purpose: "fine-tune",
  });
  assert.deepEqual(await take(inProject.files.list({ purpose: "fine-tune" }), 10), [file]);
  assert.equal((await inProject.projects.list()).length, 1);
  await dashboard.signOut();
  assert.equal(await dashboard.session(), null);
  assert.ok(asked.includes("/v1/files?purpose=fine-tune&limit=1000"));
});

/** Every file that this one needs when it runs. */
function reachedFrom(start: string): Set<string> {
  const root = join(import.meta.dirname, "..");
  const found = new Set<string>();
  const visit = (path: string): void => {
    if (found.has(path)) return;
    found.add(path);
    const text = readFileSync(join(root, path), "utf8");
    for (const { to, isTypeOnly } of importsOf({ path, text })) if (!isTypeOnly) visit(to);
  };
  visit(start);
  return found;
}

test("no file that the client needs imports what a browser lacks", () => {
  const root = join(import.meta.dirname, "..");
  const own = readdirSync(join(root, "client")).filter((name) => /^(?!.*\.test\.ts$).*\.ts$/.test(name));
  const reached = new Set(own.flatMap((name) => [...reachedFrom(`client/${name}`)]));
  assert.ok(reached.size > 30);
  for (const path of reached) {
    const text = readFileSync(join(root, path), "utf8");
    assert.doesNotMatch(text, /from "node:|\bprocess\.|\bBuffer\b|randomUUID\(/, path);
  }
});
