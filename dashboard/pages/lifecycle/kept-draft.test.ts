import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyDraft } from "./draft.ts";
import { fromWords, nothingWritten, toWords } from "./kept-draft.ts";

const wordsOf = (given: Record<string, string | null>) =>
  new URLSearchParams(
    Object.entries(given).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
  );

test("a draft comes back from its address as it was written", () => {
  const stages = [{ date: "2027-01-06", who: "everyone", days: "60" }] as const;
  const accept = ["past_dates"] as const;
  const writing = {
    draft: { ...emptyDraft, kind: "policy", name: "wind-down", stages, accept },
    yaml: "a: 1\n",
  } as const;
  assert.deepEqual(fromWords(wordsOf(toWords(writing))), writing);
});

test("nothing written leaves nothing in the address, nor does what is too long for it", () => {
  assert.deepEqual(toWords(nothingWritten), { draft: null, yaml: null });
  const draft = { ...emptyDraft, reason: "x".repeat(2000) };
  assert.deepEqual(toWords({ draft, yaml: "y".repeat(2000) }), { draft: null, yaml: null });
});

test("an address that somebody made up is an empty draft, not a broken page", () => {
  for (const draft of [
    "{",
    "[]",
    "null",
    '{"kind":"other"}',
    '{"stages":"none"}',
    '{"stages":[{}]}',
    '{"base":1}',
  ])
    assert.deepEqual(fromWords(new URLSearchParams({ draft })), nothingWritten, draft);
  assert.deepEqual(fromWords(new URLSearchParams({ draft: '{"unknown":"x"}' })), nothingWritten);
});
