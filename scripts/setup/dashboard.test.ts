import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { buildDashboard, dashboardIsCurrent, wantedDashboard } from "./dashboard.ts";
import { createProgress } from "./progress.ts";

/** A checkout with a program in vite's place, which does what the test says. */
function createCheckout(vite: string) {
  const root = mkdtempSync(join(tmpdir(), "perennial-dashboard-"));
  const write = (path: string, text: string) => {
    mkdirSync(join(root, path, ".."), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  write("dashboard/vite.config.ts", "export {}");
  write("client/client.ts", "export {}");
  write("contract/errors.ts", "export {}");
  write("training-data/jsonl.ts", "export {}");
  write("package-lock.json", "{}");
  write("node_modules/vite/bin/vite.js", vite);
  const said: string[] = [];
  const build = async () => {
    const wanted = wantedDashboard(root);
    assert.ok(wanted);
    const progress = createProgress({ write: (text) => void said.push(text) });
    const context = { root, env: process.env, signal: new AbortController().signal, progress };
    await buildDashboard(context, wanted, (line) => void said.push(line));
  };
  const isCurrent = () => dashboardIsCurrent(root, wantedDashboard(root));
  return { root, write, said, build, isCurrent, [Symbol.dispose]: () => rmSync(root, { recursive: true }) };
}

const VITE = `const { mkdirSync, rmSync, writeFileSync } = require("node:fs");
if (process.argv.slice(2).join(" ") !== "build dashboard") process.exit(2);
rmSync("dashboard/dist", { recursive: true, force: true });
mkdirSync("dashboard/dist/assets", { recursive: true });
writeFileSync("dashboard/dist/index.html", "<p>");
writeFileSync("dashboard/dist/assets/app.js", "let a;".repeat(1000));`;

test("pages are built once, and again when a source or the lock file has changed", async () => {
  using checkout = createCheckout(VITE);
  assert.equal(checkout.isCurrent(), false);
  await checkout.build();
  assert.equal(checkout.isCurrent(), true);
  checkout.write("client/client.test.ts", "a test is no source");
  assert.equal(checkout.isCurrent(), true);
  for (const path of [
    "client/client.ts",
    "contract/new.ts",
    "training-data/jsonl.ts",
    "dashboard/app.tsx",
    "package-lock.json",
  ]) {
    checkout.write(path, "changed");
    assert.equal(checkout.isCurrent(), false, path);
    await checkout.build();
    assert.equal(checkout.isCurrent(), true, path);
  }
});

test("large texts are there in the forms that browsers take", async () => {
  using checkout = createCheckout(VITE);
  await checkout.build();
  const assets = join(checkout.root, "dashboard/dist/assets");
  assert.deepEqual(readdirSync(assets).sort(), ["app.js", "app.js.br", "app.js.gz"]);
  const plain = readFileSync(join(assets, "app.js"));
  assert.deepEqual(brotliDecompressSync(readFileSync(join(assets, "app.js.br"))), plain);
  assert.deepEqual(gunzipSync(readFileSync(join(assets, "app.js.gz"))), plain);
  assert.equal(readdirSync(join(checkout.root, "dashboard/dist")).includes("index.html.br"), false);
});

test("a build that fails is told, tried again next time, and stops nothing", async () => {
  using checkout = createCheckout(`console.error("app.tsx: no such thing"); process.exit(1)`);
  await checkout.build();
  assert.match(checkout.said.join("\n"), /app\.tsx: no such thing\nThe dashboard could not be built/);
  assert.equal(checkout.isCurrent(), false);
});

test("a checkout without the dashboard has nothing to build", () => {
  using checkout = createCheckout(VITE);
  rmSync(join(checkout.root, "dashboard"), { recursive: true });
  assert.equal(wantedDashboard(checkout.root), null);
  assert.equal(checkout.isCurrent(), true);
});
