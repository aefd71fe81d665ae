import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { checkout } from "../support/server.ts";

const MOST_BYTES = 250_000;
const built = join(checkout, "dashboard", "dist");
const lacksBuild = existsSync(join(built, "index.html"))
  ? false
  : "run `npm run setup` first: the dashboard is not built";

const filesOf = (pattern: string) =>
  globSync(pattern, { cwd: built }).map((name) => ({ name, text: readFileSync(join(built, name), "utf8") }));

/** Names of XML's and JSON's languages, a placeholder, and where two libraries say that they come from: none is loaded. */
const ONLY_NAMED =
  /^https?:\/\/(www\.w3\.org|json-schema\.org|example\.com|react\.dev\/errors|tailwindcss\.com)(\/|$)/;
const URLS = /\b(?:https?|wss?):\/\/[\w.-]+[\w./-]*|(?<=["'(=]\s*)\/\/[\w-]+\.[\w./-]+/g;

describe("the built dashboard", { skip: lacksBuild }, () => {
  test("is less than 250 KB of script, gzipped, all of its pages together", () => {
    const sizes = filesOf("**/*.js").map(({ name, text }) => [name, gzipSync(text).length] as const);
    const total = sizes.reduce((sum, [, bytes]) => sum + bytes, 0);
    assert.ok(sizes.length > 10);
    assert.ok(total < MOST_BYTES, `${total} bytes: ${sizes.map((one) => one.join(" ")).join(", ")}`);
  });

  test("loads nothing from anywhere else", () => {
    const found = filesOf("**/*.{html,css,js,svg}").flatMap(({ name, text }) =>
      [...text.matchAll(URLS)].flatMap(([url]) => (ONLY_NAMED.test(url) ? [] : [`${name}: ${url}`])),
    );
    assert.deepEqual(found, []);
  });
});
