import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import type { Calendars } from "../../contract/deprecations.ts";
import { deprecationsPage } from "./page.ts";
import { contentSecurityPolicy, style } from "./page-style.ts";
import { hostileEntries, ownEntry } from "./test-entries.ts";
import { deprecationsOf, feedNow } from "./test-feeds.ts";

async function pageOf(own: Parameters<typeof deprecationsOf>[0], vendor: Calendars = "all") {
  return deprecationsPage(await deprecationsOf(own).list({ vendor }), vendor, feedNow());
}

const allowedTags = new Set(
  "html head meta title link style body main h1 h2 p ul li a section table caption thead tbody tr th td time br span small details summary".split(
    " ",
  ),
);
const allowedAttributes = new Set(
  "lang charset name content rel type title href class id datetime role scope data-label aria-labelledby".split(
    " ",
  ),
);

/** Tags and attributes as a browser reads them, outside of the style. */
function tagsOf(page: string) {
  const outside = page.replace(/<style>[\s\S]*?<\/style>/, "").replace("<!doctype html>", "");
  return Array.from(outside.matchAll(/<\/?([^\s>]*)([^>]*)>/g), ([, name = "", rest = ""]) => {
    const attributes = Array.from(rest.matchAll(/\s([^\s=]+)="[^"]*"/g), ([, attribute = ""]) => attribute);
    assert.equal(rest.replaceAll(/\s[^\s=]+="[^"]*"/g, "").trim(), "", `odd attributes in <${name}${rest}>`);
    return { name, attributes };
  });
}

test("no name makes markup: only the page's own elements and attributes are there", async () => {
  const page = await pageOf(hostileEntries);
  for (const { name, attributes } of tagsOf(page)) {
    assert.ok(allowedTags.has(name), name);
    for (const attribute of attributes) assert.ok(allowedAttributes.has(attribute), attribute);
  }
  assert.match(page, /&lt;\/script&gt;&lt;script&gt;alert\(1\)&lt;\/script&gt;/);
  assert.match(page, /a&amp;b&amp;amp;c/);
  assert.ok(page.isWellFormed());
});

test("nothing is loaded from elsewhere, and the policy allows the page's style alone", async () => {
  const page = await pageOf([ownEntry()]);
  assert.doesNotMatch(page, /<script|<img|src=|@import|url\(|https?:/);
  const [, inline] = /<style>([\s\S]*?)<\/style>/.exec(page) ?? [];
  assert.equal(inline, style);
  const hash = createHash("sha256").update(style).digest("base64");
  assert.ok(contentSecurityPolicy.includes(`style-src 'sha256-${hash}'`));
  assert.match(contentSecurityPolicy, /^default-src 'none'; /);
});

test("tables have captions and headers with a scope, and places on the page are unique", async () => {
  const page = await pageOf([ownEntry()]);
  const countOf = (pattern: RegExp) => Array.from(page.matchAll(pattern)).length;
  const tables = countOf(/<table /g);
  assert.ok(tables >= 3);
  assert.equal(countOf(/<caption>/g), tables);
  assert.equal(countOf(/<th(?! scope="(col|row)")[\s>]/g), 0);
  const ids = Array.from(page.matchAll(/ id="([^"]*)"/g), ([, id]) => id);
  assert.ok(ids.includes("own%3Amodel%3Atiny-base") && ids.includes("openai%3Agpt-4o-2024-08-06"));
  assert.equal(new Set(ids).size, ids.length);
});

test("days ahead come first with what is left of them, what is over is folded away", async () => {
  const page = await pageOf([]);
  const [ahead = "", over = ""] = page.split(/<details>/);
  assert.match(
    ahead,
    /gpt-4o-2024-08-06[\s\S]*2027-01-14<\/time> shut down<br><span class="left near">49 days</,
  );
  assert.match(ahead, /Evals platform[\s\S]*26 days ago[\s\S]*left soon">4 days</);
  assert.match(over, /dall-e-3/);
  assert.doesNotMatch(ahead, /dall-e-3/);
  assert.match(page, /<p>No day is ahead\.<\/p>/);
});

test("asked for one vendor, the page has that one and links to its feed and calendar", async () => {
  const page = await pageOf([ownEntry()], "azure");
  assert.doesNotMatch(page, /tiny-base|gpt-realtime/);
  assert.match(
    page,
    /<link rel="alternate" type="application\/atom\+xml" [^>]*href="deprecations\.atom\?vendor=azure">/,
  );
  assert.match(
    page,
    /<link rel="alternate" type="text\/calendar" [^>]*href="deprecations\.ics\?vendor=azure">/,
  );
  assert.match(page, /Before: 2027-10-14 \(as of 2026-04\), 2026-10-14 \(as of 2026-07\)/);
});

const luminance = (hex: string): number => {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

test("text keeps WCAG's contrast of 4.5 on every ground it stands on, light and dark", () => {
  const [light = "", dark = ""] = style.split("@media (prefers-color-scheme: dark)");
  for (const part of [light, dark]) {
    const colours = new Map(
      Array.from(part.matchAll(/--([a-z-]+): (#[0-9a-f]{6})/g), ([, name, hex]) => [name, hex]),
    );
    const colour = (name: string) => colours.get(name) ?? assert.fail(`no colour ${name}`);
    const pairs = ["text", "quiet", "accent"].flatMap((ink) =>
      ["page", "card"].map((ground) => [ink, ground]),
    );
    for (const [ink = "", ground = ""] of [...pairs, ["soon", "soon-back"], ["near", "near-back"]]) {
      const ratio = contrast(colour(ink), colour(ground));
      assert.ok(ratio >= 4.5, `${ink} on ${ground}: ${ratio.toFixed(2)}`);
    }
  }
});
