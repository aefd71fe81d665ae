import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Deprecation } from "../contract/deprecations.ts";
import { findDeprecation, fitsPattern, tunedBaseOf } from "./find-deprecation.ts";
import { entriesOf, readPack } from "./read-calendar.ts";

const openai = entriesOf(readPack("openai"));
const azure = entriesOf(readPack("azure"));

/** Name, day, how it was found; null: no day. */
const names: [name: string, ends: string | null, by?: string][] = [
  ["gpt-4o-2024-08-06", "2027-01-14", "name"],
  ["gpt-4o-2024-11-20", "2027-01-14", "name"],
  ["gpt-4o-2024-05-13", "2026-10-23", "name"],
  ["gpt-4o", "2027-01-14", "alias"],
  ["GPT-4o", "2027-01-14", "alias"],
  ["openai/gpt-4o", "2027-01-14", "alias"],
  [" gpt-4o-mini ", "2027-01-14", "alias"],
  ["gpt-4o-mini-2024-07-18", "2027-01-14", "name"],
  ["gpt-4.1", "2027-01-14", "alias"],
  ["gpt-4.1-mini", "2027-01-14", "alias"],
  ["gpt-4.1-nano", "2026-10-23", "alias"],
  ["gpt-4.1-nano-2025-04-14", "2026-10-23", "name"],
  ["gpt-3.5-turbo", "2026-10-23", "alias"],
  ["gpt-3.5-turbo-0125", "2026-10-23", "name"],
  ["gpt-3.5-turbo-1106", "2026-09-28", "name"],
  ["gpt-3.5-turbo-0613", "2024-09-13", "name"],
  ["gpt-3.5-turbo-16k", "2024-09-13", "alias"],
  ["gpt-3.5-turbo-instruct", "2026-09-28", "name"],
  ["gpt-4", "2026-10-23", "alias"],
  ["gpt-4-0613", "2026-10-23", "name"],
  ["gpt-4-0314", "2026-03-26", "name"],
  ["gpt-4-1106-preview", "2026-10-23", "name"],
  ["gpt-4-0125-preview", "2026-03-26", "name"],
  ["gpt-4-turbo-preview", "2026-03-26", "alias"],
  ["gpt-4-turbo", "2026-10-23", "alias"],
  ["gpt-4-turbo-2024-04-09", "2026-10-23", "name"],
  ["gpt-4-32k", "2025-06-06", "alias"],
  ["gpt-4-vision-preview", "2024-12-06", "name"],
  ["gpt-4.5-preview", "2025-07-14", "name"],
  ["o1", "2026-10-23", "alias"],
  ["o1-preview-2024-09-12", "2025-07-28", "alias"],
  ["o1-mini", "2025-10-27", "name"],
  ["o1-pro", "2026-10-23", "alias"],
  ["o3", "2026-12-11", "alias"],
  ["o3-mini", "2026-10-23", "alias"],
  ["o3-pro-2025-06-10", "2026-12-11", "name"],
  ["o3-deep-research", "2026-07-23", "name"],
  ["o4-mini-2025-04-16", "2026-10-23", "name"],
  ["o4-mini-deep-research-2025-06-26", "2026-07-23", "alias"],
  ["gpt-5", "2026-12-11", "alias"],
  ["gpt-5-2025-08-07", "2026-12-11", "name"],
  ["gpt-5-chat-latest", "2026-07-23", "name"],
  ["gpt-5.1", "2027-04-01", "name"],
  ["gpt-5.1-2025-11-13", "2027-04-01", "alias"],
  ["gpt-5.1-codex", "2026-07-23", "name"],
  ["gpt-5.1-codex-max", "2026-07-23", "pattern"],
  ["gpt-5.3-codex-2026-02-03", "2027-04-01", "snapshot"],
  ["gpt-realtime", "2027-01-20", "name"],
  ["gpt-realtime-2025-08-28", "2027-01-20", "snapshot"],
  ["gpt-realtime-mini-2025-10-06", "2026-07-23", "name"],
  ["gpt-audio-mini-2025-12-15", "2027-01-20", "snapshot"],
  ["gpt-4o-realtime-preview", "2026-05-07", "name"],
  ["gpt-4o-realtime-preview-2025-06-03", "2026-05-07", "name"],
  ["gpt-4o-realtime-preview-2024-10-01", "2025-10-10", "name"],
  ["gpt-4o-realtime-preview-next", "2026-05-07", "pattern"],
  ["gpt-4o-mini-realtime-preview", "2027-01-20", "pattern"],
  ["gpt-4o-audio-preview-2024-12-17", "2027-01-20", "pattern"],
  ["gpt-4o-audio-preview-2024-10-01", "2025-10-10", "name"],
  ["gpt-4o-mini-transcribe-2025-03-20", "2027-02-26", "snapshot"],
  ["gpt-4o-mini-tts", "2027-01-06", "name"],
  ["text-moderation-latest", "2025-10-27", "name"],
  ["dall-e-3", "2026-05-12", "name"],
  ["sora-2", "2026-09-24", "name"],
  ["babbage-002", "2026-09-28", "name"],
  ["ft:gpt-3.5-turbo-0125:acme::Ab12Cd34", "2026-10-23", "tuned"],
  ["ft:gpt-3.5-turbo-1106:acme:x:Ab12Cd34", "2026-10-23", "tuned"],
  ["ft:gpt-3.5-turbo-0613:acme::Ab12Cd34", "2026-10-23", "tuned"],
  ["ft:gpt-4-0613:acme::Ab12Cd34", "2026-10-23", "tuned"],
  ["ft:babbage-002:acme::Ab12Cd34", "2026-10-23", "tuned"],
  ["ft:davinci-002:acme::Ab12Cd34", "2026-10-23", "tuned"],
  ["ft:o4-mini-2025-04-16:acme::Ab12Cd34", "2026-10-23", "tuned"],
  ["ft:gpt-4.1-nano-2025-04-14:acme::Ab12Cd34", "2026-10-23", "tuned"],
  ["ft:gpt-4.1-2025-04-14:acme:routing:Ab12Cd34:ckpt-step-90", "2027-01-14", "tuned"],
  ["ft:gpt-4o-mini-2024-07-18:acme:routing:Ab12Cd34", "2027-01-14", "tuned"],
  ["ft:gpt-4o-2024-11-20:acme::Ab12Cd34", "2027-01-14", "base"],
  ["ft:gpt-4o:acme::Ab12Cd34", "2027-01-14", "base"],
  ["curie:ft-acme-2022-11-01-10-00-00", "2024-01-04", "pattern"],
  ["text-embedding-3-small", null],
  ["gpt-4o-latest-of-somebody", null],
  ["gpt-5.5", null],
  ["gpt-realtime-2.1", null],
  ["gpt-audio-1.5", null],
  ["gpt-image-2", null],
  ["omni-moderation-latest", null],
  ["ft:smollm2-135m-instruct:personal::Ab12Cd34", null],
  ["ft:", null],
  ["", null],
  ["*", null],
];

for (const [name, ends, by] of names) {
  test(`'${name}' ends ${ends === null ? "on no known day" : `on ${ends}, by ${by}`}`, () => {
    const match = findDeprecation(name, openai);
    assert.deepEqual([match?.ends ?? null, match?.by], [ends, by]);
  });
}

test("a day that was put off is told beside the one that holds", () => {
  assert.deepEqual(findDeprecation("gpt-4-1106-preview", openai)?.other_days, ["2026-03-26"]);
  assert.deepEqual(findDeprecation("gpt-4o-realtime-preview", openai)?.other_days, ["2027-01-20"]);
  assert.deepEqual(findDeprecation("gpt-4o", openai)?.other_days, []);
});

test("at Azure a tuned model ends with its deployment, under Azure's name or OpenAI's", () => {
  for (const name of ["gpt-4o-mini-2024-07-18.ft-0123abcd-acme", "ft:gpt-4o-mini-2024-07-18:acme::x"]) {
    const match = findDeprecation(name, azure);
    assert.deepEqual([match?.ends, match?.by], ["2027-10-01", "tuned"]);
  }
  assert.equal(findDeprecation("gpt-4.1", azure)?.ends, "2027-04-14");
});

const modelWithTunes = Deprecation.parse({
  ...openai[0],
  id: "own:model:Base",
  vendor: "own",
  kind: "model",
  subject: "Base-7B",
  matches: { names: ["Base-7B"] },
  dates: [
    { what: "training_ends", date: "2027-01-01" },
    { what: "shutdown", date: "2027-02-01" },
    { what: "tuned_shutdown", date: "2027-03-01" },
  ],
});

test("where a model's entry has a day for its tunes, they end then", () => {
  assert.equal(findDeprecation("base-7b", [modelWithTunes])?.ends, "2027-02-01");
  assert.equal(findDeprecation("ft:Base-7B:acme::x", [modelWithTunes])?.ends, "2027-03-01");
});

test("every name and alias of the calendar leads to a day of an entry that names it", () => {
  const named = openai.flatMap(({ matches }) => [...matches.names, ...matches.aliases]);
  assert.ok(named.length > 90);
  for (const name of named) {
    const match = findDeprecation(name, openai);
    assert.ok(match, name);
    assert.ok(
      [...match.deprecation.matches.names, ...match.deprecation.matches.aliases].includes(name),
      name,
    );
  }
});

const suffix = fc.stringMatching(/^[a-zA-Z0-9-]{0,12}$/);

test("whoever tuned it and whatever it is called, a tuned model ends with its base's tunes", () => {
  const bases = openai.flatMap(({ matches }) => matches.tuned_from);
  fc.assert(
    fc.property(fc.constantFrom(...bases), suffix, suffix, suffix, (base, organization, own, id) => {
      const name = `ft:${base}:${organization}:${own}:${id}`;
      const entry = openai.find(({ matches }) => matches.tuned_from.includes(base));
      assert.equal(findDeprecation(name, openai)?.deprecation.id, entry?.id);
    }),
  );
});

test("the order of the calendar changes nothing", () => {
  const all = fc.shuffledSubarray(openai, { minLength: openai.length });
  fc.assert(
    fc.property(all, fc.constantFrom(...names.map(([name]) => name)), (shuffled, name) => {
      assert.equal(findDeprecation(name, shuffled)?.ends, findDeprecation(name, openai)?.ends);
    }),
  );
});

test("no name makes it fail, and none but a tuned one has a base", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom("ft::", "ft", ":", ".ft-", "a.ft-1", "__proto__"),
  );
  fc.assert(
    fc.property(text, (name) => {
      findDeprecation(name, openai);
      if (!/ft[:-]/i.test(name)) assert.equal(tunedBaseOf(name), null);
    }),
  );
});

test("a pattern fits as the same regular expression does", () => {
  const letters = fc.stringMatching(/^[ab]{0,8}$/);
  const pattern = fc.stringMatching(/^[ab*]{0,8}$/);
  fc.assert(
    fc.property(letters, pattern, (name, asked) => {
      const regular = new RegExp(`^${asked.replaceAll("*", ".*")}$`);
      assert.equal(fitsPattern(name, asked), regular.test(name), `${name} ${asked}`);
    }),
    { numRuns: 2000 },
  );
});
