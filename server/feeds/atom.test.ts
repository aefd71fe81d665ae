import assert from "node:assert/strict";
import { test } from "node:test";
import { atomFeed } from "./atom.ts";
import { hostileEntries, ownEntry } from "./test-entries.ts";
import { deprecationsOf, feed } from "./test-feeds.ts";
import { childrenOf, onlyChild, parseXml } from "./test-xml.ts";

const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;
const TAG = /^tag:tuning\.example\.com,2026:[\w%/.~!*'()-]+$/;

async function read(own: Parameters<typeof deprecationsOf>[0], vendor: "own" | "all" | "openai" = "own") {
  const root = parseXml(atomFeed(await deprecationsOf(own).list({ vendor }), feed));
  return { root, entries: childrenOf(root, "entry") };
}

test("every feed is well-formed and has what RFC 4287 demands", async () => {
  for (const vendor of ["own", "all", "openai"] as const) {
    const { root, entries } = await read([ownEntry(), ...hostileEntries], vendor);
    assert.deepEqual([root.name, root.attributes.xmlns], ["feed", "http://www.w3.org/2005/Atom"]);
    for (const element of [root, ...entries]) {
      assert.match(onlyChild(element, "id").text, TAG);
      assert.match(onlyChild(element, "updated").text, RFC3339);
      assert.ok(onlyChild(element, "title").text.length > 0);
      for (const { attributes } of childrenOf(element, "link"))
        assert.ok(URL.canParse(attributes.href ?? ""));
    }
    assert.ok(onlyChild(onlyChild(root, "author"), "name").text.length > 0);
    const ids = entries.map((entry) => onlyChild(entry, "id").text);
    assert.equal(new Set(ids).size, ids.length);
  }
});

test("an entry tells its days, its successor and why, and links to its place on the page", async () => {
  const { root, entries } = await read([ownEntry()]);
  const [entry] = entries;
  assert.ok(entry);
  assert.equal(
    onlyChild(entry, "title").text,
    "tiny-base: training ends on 2026-12-10, shut down on 2027-01-10",
  );
  assert.equal(onlyChild(entry, "summary").text, "Its successor is better. Replacement: small-base.");
  assert.equal(onlyChild(entry, "published").text, "2026-11-01T00:00:00Z");
  assert.equal(
    onlyChild(entry, "link").attributes.href,
    "https://tuning.example.com/deprecations#own%3Amodel%3Atiny-base",
  );
  const self = childrenOf(root, "link").find(({ attributes }) => attributes.rel === "self");
  assert.equal(self?.attributes.href, feed.self);
});

test("names come out as they are, whatever they hold, but for what XML cannot write", async () => {
  const { entries } = await read(hostileEntries);
  const titles = entries.map((entry) => onlyChild(entry, "title").text);
  for (const [text, shown] of [
    ["</script><script>alert(1)</script>", undefined],
    ["a&b&amp;c", undefined],
    ["]]><entry/>", undefined],
    ["bell\u0007zero\u0000escape\u001b[31m", "bellzeroescape[31m"],
    ["half a pair \ud800", "half a pair \ufffd"],
  ] as const)
    assert.ok(
      titles.some((title) => title.startsWith(`${shown ?? text}: `)),
      text,
    );
});

test("an entry keeps its id when its days move, and the feed is as new as its newest entry", async () => {
  const idAndTime = async (entry: ReturnType<typeof ownEntry>) => {
    const { root, entries } = await read([entry, ownEntry({ id: "own:model:old", updated_at: 1000 })]);
    const [first] = entries;
    assert.ok(first);
    assert.equal(onlyChild(root, "updated").text, onlyChild(first, "updated").text);
    return [onlyChild(first, "id").text, onlyChild(first, "updated").text];
  };
  const [id, time] = await idAndTime(ownEntry());
  const moved = ownEntry({
    dates: [{ what: "shutdown", date: "2028-01-01", note: null }],
    updated_at: 1_900_000_000,
  });
  const [laterId, laterTime] = await idAndTime(moved);
  assert.equal(laterId, id);
  assert.ok(String(laterTime) > String(time));
});

test("a feed without entries is one", async () => {
  const { root, entries } = await read([]);
  assert.equal(entries.length, 0);
  assert.match(onlyChild(root, "updated").text, RFC3339);
});
