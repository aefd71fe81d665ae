import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { createTestTerminal } from "../test-terminal.ts";

const now = Date.parse("2026-11-26T12:00:00Z") / 1000;
const folder = mkdtempSync(join(tmpdir(), "perennial-cli-deprecations-"));
after(() => rmSync(folder, { recursive: true }));

/** A machine without a server. */
const alone = createTestTerminal({ now });

let written = 0;
function fileOf(content: string): string {
  written += 1;
  const path = join(folder, `usage-${written}.csv`);
  writeFileSync(path, content);
  return path;
}

const usage = fileOf(
  [
    "start_time,num_model_requests,input_tokens,output_tokens,model",
    "1,100,1000,50,gpt-4o-2024-08-06",
    "2,100,1000,50,gpt-4o-2024-08-06",
    "1,5000,100000,5000,ft:gpt-4o-mini-2024-07-18:acme:support:Ab12Cd34",
    "1,30,100,50,ft:gpt-4.1-nano-2025-04-14:acme::Zx98Yw76",
    "1,77,100,50,gpt-4-1106-preview",
    "1,3,9,0,gpt-4o-mini-tts",
    "1,7,70,0,text-embedding-3-small",
    "1,7,70,0,",
    "",
  ].join("\n"),
);

test("of a usage export it lists what of yours ends when, what has ended, and what has no date", async () => {
  const { code, out, err } = await alone("deprecations", "--vendor", "openai", "--mine", usage);
  assert.deepEqual([code, err], [0, ""]);
  const table = out
    .split("\n\n")[0]
    ?.split("\n")
    .map((line) => line.trimEnd().split(/ {2,}/));
  assert.deepEqual(table, [
    ["ENDS", "LEFT", "MODEL", "REQUESTS", "TOKENS"],
    ["2026-10-23", "gone", "gpt-4-1106-preview", "77", "150"],
    ["2026-10-23", "gone", "ft:gpt-4.1-nano-2025-04-14:acme::Zx98Yw76", "30", "150"],
    ["2027-01-06", "41 days", "gpt-4o-mini-tts", "3", "9"],
    ["2027-01-14", "49 days", "ft:gpt-4o-mini-2024-07-18:acme:support:Ab12Cd34", "5,000", "105,000"],
    ["2027-01-14", "49 days", "gpt-4o-2024-08-06", "200", "2,100"],
  ]);
  assert.match(out, /No date announced\nMODEL +REQUESTS +TOKENS\ntext-embedding-3-small {2}7 +70\n/);
  assert.match(
    out,
    /Ab12Cd34\n {4}OpenAI names: gpt-6-luna\.\n {4}Perennial today: Train it again on open weights/,
  );
  assert.match(out, /New fine-tuning jobs of everyone end on 2027-01-06 \(41 days\)\./);
  assert.match(out, /gpt-4-1106-preview: the calendar also names 2026-03-26\./);
  assert.match(out, /From secondary sources: the dates of gpt-4o-mini-tts\./);
  assert.match(out, /1 row without a model is left out\./);
  assert.match(
    out,
    /2 of your 6 models have ended\. 3 of your 6 models end within 60 days; the first:\s+gpt-4o-mini-tts on\s+2027-01-06 \(41 days\)\.\nNext: `perennial files check train\.jsonl`/,
  );
});

test("the page of yours fits the terminal", async () => {
  const narrow = createTestTerminal({ now, columns: 60 });
  const { out } = await narrow("deprecations", "--mine", usage);
  for (const line of out.split("\n")) assert.ok(line.length <= 60, line);
});

test("for programs the same as JSON", async () => {
  const { out } = await alone("deprecations", "--mine", usage, "--json");
  const report = JSON.parse(out);
  assert.deepEqual([report.vendor, report.models, report.ended, report.ending_soon], ["openai", 6, 2, 3]);
  assert.deepEqual(report.ending[3], {
    model: "ft:gpt-4o-mini-2024-07-18:acme:support:Ab12Cd34",
    requests: 5000,
    tokens: 105_000,
    ends: "2027-01-14",
    days_left: 49,
    has_ended: false,
    matched_by: "tuned",
    other_days: [],
    replacement: "gpt-6-luna",
    perennial: report.ending[3].perennial,
    certainty: "documented",
    deprecation: "openai:ft-gpt-4o-mini-2024-07-18",
  });
  assert.deepEqual(report.no_date_announced, [{ model: "text-embedding-3-small", requests: 7, tokens: 70 }]);
  assert.equal(report.training[0].ends, "2027-01-06");
});

const summaries: [content: string, at: string, said: RegExp][] = [
  ["gpt-4o", "2026-11-26", /^Your model ends: gpt-4o on 2027-01-14 \(49 days\)\.$/m],
  [
    "gpt-4o\nx",
    "2026-11-26",
    /^1 of your 2 models ends within 60 days; the first: gpt-4o on 2027-01-14 \(49 days\)\.$/m,
  ],
  [
    "gpt-4o\ngpt-4",
    "2026-11-01",
    /^1 of your 2 models has ended\. None of your 2 models ends within 60 days; the first: gpt-4o\s/m,
  ],
  ["gpt-4o\nx", "2027-01-14", /^1 of your 2 models has ended\.$/m],
  ["gpt-4", "2027-01-14", /^Your model has ended\.$/m],
  ["x", "2026-11-26", /^No date is announced for your model\.$/m],
  ["x\ny", "2026-11-26", /^No date is announced for your models\.$/m],
];

for (const [content, at, said] of summaries) {
  test(`on ${at} the summary of ${content.replace("\n", ", ")} is ${said.source}`, async () => {
    const terminal = createTestTerminal({ now: Date.parse(`${at}T00:00:00Z`) / 1000 });
    const { out } = await terminal("deprecations", "--mine", fileOf(content));
    assert.match(out, said);
    assert.match(out, /^Next: `perennial \S+/m);
  });
}

test("a range narrows what of yours is shown, and makes nothing dateless", async () => {
  const { out } = await alone("deprecations", "--mine", usage, "--before", "2027-01-10", "--json");
  const report = JSON.parse(out);
  assert.deepEqual(
    report.ending.map(({ model }: { model: string }) => model),
    ["gpt-4-1106-preview", "ft:gpt-4.1-nano-2025-04-14:acme::Zx98Yw76", "gpt-4o-mini-tts"],
  );
  assert.equal(report.no_date_announced.length, 1);
  const none = await alone("deprecations", "--mine", usage, "--after", "2030-01-01");
  assert.match(none.out, /^None of your models ends in the days that you asked for\.$/m);
});

test("usage comes from standard input too", async () => {
  const piped = createTestTerminal({ now, stdin: "model,requests\ngpt-4.1,12\n" });
  const { code, out } = await piped("deprecations", "--mine", "-", "--json");
  assert.equal(code, 0);
  assert.deepEqual(JSON.parse(out).ending[0].ends, "2027-01-14");
});

test("a name that only a family of names covers is told apart", async () => {
  const { out } = await alone("deprecations", "--mine", fileOf("gpt-4o-audio-preview-2024-12-17\n"));
  assert.match(out, /Known only as one of a family of names: gpt-4o-audio-preview-2024-12-17\./);
});

test("at Azure the same models end on other days", async () => {
  const { out } = await alone("deprecations", "--vendor", "azure", "--mine", usage, "--json");
  const [first, ...others] = JSON.parse(out).ending;
  assert.deepEqual(
    [first.model, first.ends],
    ["ft:gpt-4o-mini-2024-07-18:acme:support:Ab12Cd34", "2027-10-01"],
  );
  assert.deepEqual(
    others.map(({ ends }: { ends: string }) => ends),
    ["2027-10-14"],
  );
});

test("what cannot be done is said in one sentence", async () => {
  const refused: [args: string[], said: RegExp][] = [
    [["--vendor", "google"], /^No vendor 'google': use openai, azure, own, all\.$/],
    [["--after", "soon"], /^--after soon: give a date such as 2027-01-14\.$/],
    [["--before", "2027-02-30"], /^--before 2027-02-30: give a date/],
    [["--mine", usage, "--vendor", "all"], /^With --mine name one vendor/],
    [["--mine", join(folder, "none.csv")], /^There is no file .*none\.csv\.$/],
    [["--mine", folder], /is a folder: give one file\.$/],
    [["--mine", fileOf("a,b\n1,2\n")], /has no column of models .* Its columns: a, b\.$/],
  ];
  for (const [args, said] of refused) {
    const { code, out, err } = await alone("deprecations", ...args);
    assert.deepEqual([code, out], [1, ""], args.join(" "));
    assert.match(err.trimEnd(), said);
    assert.equal(err.trimEnd().split("\n").length, 1);
  }
});

test("Ctrl-C ends the reading", async () => {
  const interrupted = createTestTerminal({ now, interrupt: AbortSignal.abort() });
  const { code, err } = await interrupted("deprecations", "--mine", usage);
  assert.deepEqual([code, err], [130, "Interrupted.\n"]);
});

test("a name that a terminal would obey is shown without its commands", async () => {
  const { out } = await alone("deprecations", "--mine", fileOf("gpt-4o\nevil\u001b[2J\u0007name\n"));
  assert.match(out, /evil\[2Jname/);
  assert.doesNotMatch(out, /\p{Cc}(?<!\n)/u);
});
