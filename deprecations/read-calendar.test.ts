import assert from "node:assert/strict";
import { test } from "node:test";
import { type Deprecation, VendorName, VendorPack } from "../contract/deprecations.ts";
import { endOf, startOf } from "./dates.ts";
import { createVendorCalendar, entriesOf, readPack } from "./read-calendar.ts";

const openai = entriesOf(readPack("openai"));
const azure = entriesOf(readPack("azure"));
const all = [...openai, ...azure];

const isThere = (entries: readonly Deprecation[], subject: string, announced: string | null, day: string) =>
  entries.some(
    (entry) =>
      (entry.subject === subject || entry.id.endsWith(`:${subject}`)) &&
      entry.announced_at === announced &&
      entry.dates.some(({ date }) => date === day),
  );

/** OpenAI's table: announced, day, and every name on it. */
const rows: [announced: string | null, day: string, names: string][] = [
  ["2026-11-05", "2027-02-01", "gpt-5.5-cyber-preview"],
  ["2026-10", "2027-04-01", "gpt-5.1 gpt-5.3-codex gpt-5.4-nano"],
  ["2026-10-14", "2027-01-14", "gpt-4o-2024-08-06 gpt-4o-2024-11-20 gpt-4o-mini-2024-07-18"],
  ["2026-10-14", "2027-01-14", "gpt-4.1-2025-04-14 gpt-4.1-mini-2025-04-14"],
  ["2026-10-14", "2027-01-14", "ft:gpt-4o-2024-08-06 ft:gpt-4o-mini-2024-07-18"],
  ["2026-10-14", "2027-01-14", "ft:gpt-4.1-2025-04-14 ft:gpt-4.1-mini-2025-04-14"],
  ["2026-09-11", "2026-10-01", "gpt-5.4-cyber"],
  [
    "2026-08-26",
    "2027-02-26",
    "whisper-1 gpt-4o-transcribe gpt-4o-transcribe-diarize gpt-4o-mini-transcribe",
  ],
  ["2026-07-20", "2027-01-20", "gpt-realtime gpt-realtime-mini gpt-audio gpt-audio-mini"],
  ["2026-07-20", "2027-01-20", "gpt-4o-audio gpt-4o-mini-audio gpt-4o-realtime gpt-4o-mini-realtime"],
  [null, "2027-01-06", "tts-1 tts-1-hd gpt-4o-mini-tts"],
  ["2026-06-11", "2026-12-11", "gpt-5-2025-08-07 gpt-5-mini-2025-08-07 gpt-5-nano-2025-08-07"],
  ["2026-06-11", "2026-12-11", "gpt-5-pro-2025-10-06 o3-2025-04-16 o3-pro-2025-06-10"],
  ["2026-06-03", "2026-10-31", "evals"],
  ["2026-06-03", "2026-11-30", "evals graders prompts agent-builder"],
  ["2026-06-02", "2026-12-01", "gpt-image-1-mini gpt-image-1.5 chatgpt-image-latest"],
  ["2026-05-08", "2026-08-10", "gpt-5.2-chat-latest gpt-5.3-chat-latest"],
  ["2026-05-07", "2026-05-07", "fine-tuning-never-tuned"],
  ["2026-05-07", "2026-07-02", "fine-tuning-inactive"],
  ["2026-05-07", "2027-01-06", "fine-tuning-everyone"],
  ["2026-04-22", "2026-10-23", "gpt-3.5-turbo-0125 gpt-4-0613 gpt-4-1106-preview gpt-4-turbo-2024-04-09"],
  ["2026-04-22", "2026-10-23", "gpt-4.1-nano-2025-04-14 gpt-4o-2024-05-13 o1-2024-12-17 o1-pro-2025-03-19"],
  ["2026-04-22", "2026-10-23", "o3-mini-2025-01-31 o4-mini-2025-04-16 gpt-image-1"],
  ["2026-04-22", "2026-10-23", "ft-gpt-3.5-turbo ft-gpt-4 ft-gpt-4.1-nano-2025-04-14"],
  ["2026-04-22", "2026-10-23", "ft-babbage-002 ft-davinci-002 ft-o4-mini-2025-04-16"],
  ["2026-04-22", "2026-07-23", "computer-use-preview gpt-4o-search-preview gpt-4o-mini-search-preview"],
  ["2026-04-22", "2026-07-23", "gpt-5-chat-latest gpt-5-codex gpt-5.1-codex gpt-5.2-codex"],
  ["2026-04-22", "2026-07-23", "o3-deep-research o4-mini-deep-research"],
  ["2026-04-22", "2026-07-23", "gpt-audio-mini-2025-10-06 gpt-realtime-mini-2025-10-06"],
  ["2026-03-24", "2026-09-24", "videos sora-2 sora-2-pro"],
  ["2025-11-18", "2026-02-17", "chatgpt-4o-latest"],
  ["2025-11-17", "2026-02-12", "codex-mini-latest"],
  ["2025-11-14", "2026-05-12", "dall-e-2 dall-e-3"],
  ["2025-09-26", "2026-03-26", "gpt-4-0314 gpt-4-1106-preview gpt-4-0125-preview"],
  ["2025-09-26", "2026-09-28", "gpt-3.5-turbo-instruct babbage-002 davinci-002 gpt-3.5-turbo-1106"],
  ["2025-09-15", "2026-05-12", "realtime-beta"],
  ["2025-09-15", "2026-05-07", "gpt-4o-realtime-preview"],
  ["2025-08-26", "2026-08-26", "assistants"],
  ["2025-06-10", "2025-10-10", "gpt-4o-realtime-preview-2024-10-01 gpt-4o-audio-preview-2024-10-01"],
  ["2025-04", "2025-07-14", "gpt-4.5-preview"],
  ["2025-04", "2025-07-28", "o1-preview"],
  ["2025-04", "2025-10-27", "o1-mini text-moderation"],
  ["2024", "2024-12-06", "gpt-4-vision-preview"],
  ["2024", "2024-12-18", "assistants-v1"],
  ["2024", "2025-06-06", "gpt-4-32k-0613 gpt-4-32k-0314"],
  ["2024", "2024-09-13", "gpt-3.5-turbo-0613 gpt-3.5-turbo-16k-0613 gpt-3.5-turbo-0301"],
  ["2024-08-29", "2024-10-28", "fine-tuning-babbage-davinci"],
  ["2023-08-22", "2024-01-04", "fine-tunes fine-tunes-models"],
];

for (const [announced, day, names] of rows) {
  test(`OpenAI's calendar has ${names}, announced ${announced}, on ${day}`, () => {
    for (const name of names.split(" ")) assert.ok(isThere(openai, name, announced, day), name);
  });
}

test("OpenAI's calendar has no day that its table does not have", () => {
  const known = new Set(rows.map(([, day]) => day));
  for (const { id, dates } of openai)
    for (const { date } of dates) assert.ok(known.has(date), `${id} ${date}`);
});

test("Azure's calendar has both phases of its tuned models, and the days that moved", () => {
  const phases = (id: string) =>
    azure.find((entry) => entry.id === `azure:${id}`)?.dates.map(({ what, date }) => `${what} ${date}`);
  const gpt41 = ["training_ends 2027-04-14", "tuned_shutdown 2027-10-14"];
  for (const id of ["tuned-gpt-4.1", "tuned-gpt-4.1-mini", "tuned-gpt-4.1-nano"])
    assert.deepEqual(phases(id), gpt41);
  const gpt4o = ["training_ends 2027-04-01", "tuned_shutdown 2027-10-01"];
  for (const id of ["tuned-gpt-4o-2024-08-06", "tuned-gpt-4o-mini"]) assert.deepEqual(phases(id), gpt4o);
  assert.deepEqual(phases("tuned-o4-mini"), ["training_ends 2027-04-16", "tuned_shutdown 2027-10-16"]);
  const base = azure.find(({ kind }) => kind === "model");
  assert.deepEqual(base?.dates[0]?.date, "2027-04-14");
  assert.deepEqual(
    base?.earlier_dates.map(({ date, as_of }) => [date, as_of]),
    [
      ["2027-10-14", "2026-04"],
      ["2026-10-14", "2026-07"],
    ],
  );
});

test("ids are unique, and nothing ends before it is announced", () => {
  assert.equal(new Set(all.map(({ id }) => id)).size, all.length);
  for (const { id, announced_at: announced, dates } of all) {
    for (const { date } of dates) assert.ok(announced === null || startOf(announced) <= startOf(date), id);
  }
});

test("entries come by the day they end, their days in order, and a pack's newest notice first", () => {
  for (const entries of [openai, azure]) {
    const ends = entries.map(endOf);
    assert.deepEqual(ends, ends.toSorted());
    for (const { dates } of entries) {
      const days = dates.map(({ date }) => date);
      assert.deepEqual(days, days.toSorted());
    }
  }
  const announced = readPack("openai").notices.map((notice) => notice.announced);
  const starts = announced.flatMap((day) => (day === null ? [] : [startOf(day)]));
  assert.deepEqual(starts, starts.toSorted().reverse());
  assert.ok(announced.slice(starts.length).every((day) => day === null));
});

test("a pack with a mistake is refused by name, not read in part", () => {
  const notice = {
    announced: "2026-01-01",
    shutdown: "2026-07-01",
    replacement: null,
    perennial: "tuned",
    certainty: "documented",
    entries: ["some-model"],
  };
  const pack = { ...readPack("azure"), notices: [notice] };
  assert.equal(entriesOf(VendorPack.parse(pack)).length, 1);
  const wrong: object[] = [
    { shutdown: "2026-02-30" },
    { announced: "soon" },
    { certainty: "guessed" },
    { entries: [] },
    { entries: [{ kind: "model" }] },
    { entries: [{ subject: "x", replacment: "y" }] },
    { entries: [{ subject: "x", dates: [] }] },
    { colour: "red" },
  ];
  for (const change of wrong)
    assert.equal(VendorPack.safeParse({ ...pack, notices: [{ ...notice, ...change }] }).success, false);
  const unknown = VendorPack.parse({ ...pack, notices: [{ ...notice, perennial: "nothing" }] });
  assert.throws(() => entriesOf(unknown), /no sentence 'nothing'/);
});

test("every sentence on what Perennial offers is used", () => {
  for (const vendor of VendorName.options) {
    const said = new Set(entriesOf(readPack(vendor)).map(({ perennial }) => perennial));
    for (const [key, sentence] of Object.entries(readPack(vendor).perennial))
      assert.ok(said.has(sentence), `${vendor}: ${key}`);
  }
});

test("what was announced after June 2026 and stands only in secondary sources says so", () => {
  const certainty = (id: string) => openai.find((entry) => entry.id === `openai:${id}`)?.certainty;
  for (const id of ["gpt-5.5-cyber-preview", "gpt-5.1", "whisper-1", "gpt-realtime", "tts-1"])
    assert.equal(certainty(id), "secondary", id);
  for (const id of ["gpt-4o-2024-08-06", "fine-tuning-everyone", "evals", "dall-e-3"])
    assert.equal(certainty(id), "documented", id);
});

test("a state follows from the days that have come, at 00:00 UTC", () => {
  const calendar = createVendorCalendar();
  const stateAt = (id: string, moment: string) =>
    calendar(VendorName.options, Date.parse(moment) / 1000).find((entry) => entry.id === id)?.state;
  assert.equal(stateAt("openai:gpt-4o-2024-08-06", "2027-01-13T23:59:59Z"), "announced");
  assert.equal(stateAt("openai:gpt-4o-2024-08-06", "2027-01-14T00:00:00Z"), "retired");
  assert.equal(stateAt("openai:evals", "2026-10-30T23:59:59Z"), "announced");
  assert.equal(stateAt("openai:evals", "2026-10-31T00:00:00Z"), "read_only");
  assert.equal(stateAt("openai:evals", "2026-11-30T00:00:00Z"), "retired");
  assert.equal(stateAt("openai:fine-tuning-everyone", "2027-01-06T00:00:00Z"), "training_closed");
  assert.equal(stateAt("azure:tuned-o4-mini", "2027-04-16T00:00:00Z"), "training_closed");
  assert.equal(stateAt("azure:tuned-o4-mini", "2027-10-16T00:00:00Z"), "retired");
});
