import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createTestApp } from "../test-app.ts";

const html = { accept: "text/html,application/xhtml+xml" };

/** A tiny build, with a secret beside it. */
async function createPagesApp() {
  const folder = mkdtempSync(join(tmpdir(), "perennial-pages-"));
  const pages = join(folder, "dist");
  mkdirSync(join(pages, "assets"), { recursive: true });
  writeFileSync(join(folder, "secret.txt"), "hidden words");
  writeFileSync(join(pages, ".stamp"), "hidden words");
  symlinkSync(join(folder, "secret.txt"), join(pages, "link.txt"));
  writeFileSync(join(pages, "index.html"), "<!doctype html><p>first page");
  writeFileSync(join(pages, "assets", "app-1a2b.js"), "let plain");
  writeFileSync(join(pages, "assets", "app-1a2b.js.br"), "brotli's bytes");
  writeFileSync(join(pages, "assets", "app-1a2b.js.gz"), "gzip's bytes");
  const app = await createTestApp({ parts: { pages } });
  const ask = (path: string, headers: Record<string, string> = {}, method = "GET") =>
    app.app.request(path, { headers, method });
  return {
    ask,
    pages,
    [Symbol.asyncDispose]: async () => {
      await app[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true });
    },
  };
}

test("every path that a person opens gives the first page, under a policy without inline script", async () => {
  await using app = await createPagesApp();
  for (const path of ["/", "/jobs/ftjob-1", "/models/ft:a:b::c", "/a.b/c"]) {
    const response = await app.ask(path, html);
    assert.equal(response.status, 200, path);
    assert.equal(response.headers.get("content-type"), "text/html; charset=utf-8");
    assert.equal(response.headers.get("cache-control"), "no-cache");
    assert.match(
      response.headers.get("content-security-policy") ?? "",
      /script-src 'self'; .*frame-ancestors 'none'/,
    );
    assert.equal(response.headers.get("x-content-type-options"), "nosniff");
    assert.match(await response.text(), /first page/);
  }
});

test("what programs ask for is answered as before", async () => {
  await using app = await createPagesApp();
  for (const path of ["/v1", "/v1/models", "/v1/nothing"])
    assert.equal((await app.ask(path, html)).status, 401);
  for (const path of ["/dashboard/nothing", "/dashboard", "/assets/gone.js"])
    assert.equal((await app.ask(path, html)).status, 404, path);
  assert.equal((await app.ask("/jobs", { accept: "application/json" })).status, 404);
  assert.equal((await app.ask("/jobs", html, "POST")).status, 404);
  for (const path of ["/healthz", "/metrics", "/deprecations"])
    assert.doesNotMatch(await (await app.ask(path, html)).text(), /first page/);
});

test("a script comes for ever, in the smallest form that the browser takes", async () => {
  await using app = await createPagesApp();
  const path = "/assets/app-1a2b.js";
  const text = async (encoding: string) => (await app.ask(path, { "accept-encoding": encoding })).text();
  assert.equal(await text("gzip, deflate, br"), "brotli's bytes");
  assert.equal(await text("gzip, br;q=0"), "gzip's bytes");
  assert.equal(await text("identity"), "let plain");
  const response = await app.ask(path, { "accept-encoding": "br" });
  assert.equal(response.headers.get("content-encoding"), "br");
  assert.equal(response.headers.get("vary"), "accept-encoding");
  assert.match(response.headers.get("cache-control") ?? "", /immutable/);
  assert.equal(response.headers.get("content-type"), "text/javascript; charset=utf-8");
  const tag = response.headers.get("etag") ?? "";
  const again = await app.ask(path, { "accept-encoding": "br", "if-none-match": `"other", W/${tag}` });
  assert.equal(again.status, 304);
  assert.equal((await app.ask(path, { "if-none-match": tag })).status, 200);
  assert.equal((await app.ask(`${path}.br`)).status, 404);
  assert.equal(await (await app.ask(path, {}, "HEAD")).text(), "");
});

test("no path leads out of the built files", async () => {
  await using app = await createPagesApp();
  const paths = [
    "/../secret.txt",
    "/..%2fsecret.txt",
    "/%2e%2e/secret.txt",
    "/assets/..%2f..%2fsecret.txt",
    "/assets/%2e%2e%2f%2e%2e%2fsecret.txt",
    "/..%5csecret.txt",
    "/link.txt",
    "/.stamp",
    "//etc/passwd",
    "/%00",
    "/%",
    "/constructor",
    "/__proto__",
  ];
  for (const path of paths) {
    assert.equal((await app.ask(path)).status, 404, path);
    assert.doesNotMatch(await (await app.ask(path, html)).text(), /hidden words/);
  }
});

test("a new build is served without a new start; with none, the page says what to run", async () => {
  await using app = await createPagesApp();
  await app.ask("/", html);
  writeFileSync(join(app.pages, "index.html"), "<p>second page");
  utimesSync(join(app.pages, "index.html"), 1_900_000_000, 1_900_000_000);
  assert.match(await (await app.ask("/", html)).text(), /second page/);
  rmSync(app.pages, { recursive: true });
  const response = await app.ask("/", html);
  assert.match(await response.text(), /npm run setup/);
  assert.match(response.headers.get("content-security-policy") ?? "", /default-src 'self'/);
});
