import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestApp } from "../../server/test-app.ts";
import { askForJob, createDatedApp, createMember, tune } from "../../server/test-lifecycle.ts";
import { createTestTerminal } from "../test-terminal.ts";

/** The clock of the test terminal. */
const JANUARY = "2027-01-15T08:00:00Z";

const terminalOf = (app: TestApp, more: Partial<Parameters<typeof createTestTerminal>[0]> = {}) =>
  createTestTerminal({ fetch: async (url, init) => app.app.request(String(url), init), ...more });

function files(contents: Readonly<Record<string, string | Uint8Array>>) {
  const folder = mkdtempSync(join(tmpdir(), "perennial-cli-"));
  for (const [name, content] of Object.entries(contents)) writeFileSync(join(folder, name), content);
  return {
    at: (name: string) => join(folder, name),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}

const CHANGE = `# As agreed in November.
note: As agreed.
models:
  - id: tiny-base
    training_ends_at: 2027-03-01
    shutdown_at: 2027-06-01
    tuned_models: { days_after: 30 }
    reason: Old.
policies:
  - name: closing
    stages:
      - { date: 2027-02-01, who: never_tuned }
      - { date: 2027-04-01, who: { inactive: { days: 60 } } }
      - { date: 2027-05-01, who: everyone }
`;

test("a change goes from a plan through its hash into force and back, each step naming the next", async () => {
  await using app = await createDatedApp(JANUARY);
  using folder = files({ "change.yaml": CHANGE });
  const file = folder.at("change.yaml");
  const perennial = terminalOf(app);
  const member = await createMember(app, "acme");
  await tune(app, member.key);

  const planned = await perennial("lifecycle", "plan", file, "--names");
  assert.equal(planned.code, 0, planned.err);
  assert.match(planned.out, /^model tiny-base: new\npolicy closing: new\n/);
  assert.match(
    planned.out,
    /^DATE +WHAT +WHOM +ORGS +PROJECTS +KEYS +MODELS +OPEN JOBS +JOBS 30D +REQUESTS 30D +TOKENS 30D$/m,
  );
  assert.match(planned.out, /^2027-02-01 +closing: stage +never tuned +1 +1 +1 +0 +0 +0 +0 +0$/m);
  assert.match(planned.out, /^2027-04-01 +closing: stage +60 days inactive +1 +1 +1 +2 +0 +1 +0 +0$/m);
  assert.match(planned.out, /^2027-07-01 +tiny-base: its tuned models end +1 +1 +1 +2 /m);
  assert.match(planned.out, new RegExp(`^  ${member.id}  acme\n  ft:tiny-base:acme::`, "m"));
  assert.match(
    planned.out,
    /Look at this twice:\n {2}From 2027-05-01 on, closing closes training to everyone/,
  );
  const [, next = ""] = /`perennial (lifecycle apply .*)`/.exec(planned.err) ?? [];
  const hash = /^plan {2}([0-9a-f]{64})$/m.exec(planned.out)?.[1] ?? "";
  assert.equal(next, `lifecycle apply ${file} --plan ${hash.slice(0, 16)}`);
  assert.match((await perennial("lifecycle", "show")).err, /^No dates and no policies/);

  const applied = await perennial(...next.split(" "));
  assert.equal(applied.code, 0, applied.err);
  assert.match(
    applied.out,
    /^applied +2027-01-15 08:00 UTC\nby key +key_\w+\nabout +tiny-base, closing\nnote +As agreed\.$/m,
  );
  assert.match(applied.err, /Take it back until 2027-02-01 with `perennial lifecycle undo lcc_/);
  const [, id = ""] = /undo (lcc_\w+)/.exec(applied.err) ?? [];

  const shown = (await perennial("lifecycle", "show")).out;
  assert.match(shown, /^tiny-base +deprecated +2027-03-01 +2027-06-01 \(137 days\) +end 30 days later/m);
  assert.match(shown, /^closing +platform +2027-05-01 \(106 days\) +everyone$/m);
  assert.match(
    (await perennial("lifecycle", "history")).out,
    new RegExp(`^${id} +just now +key_\\w+ +tiny-base, closing +undo until 2027-02-01 +As agreed\\.$`, "m"),
  );
  assert.match((await perennial("lifecycle", "undo", id)).out, new RegExp(`^takes back +${id}$`, "m"));
  const again = await perennial("lifecycle", "undo", id);
  assert.deepEqual([again.code, again.out], [1, ""]);
  assert.match(again.err, /taken back by lcc_\w+ already\. `perennial lifecycle history` lists/);
  assert.match((await perennial("lifecycle", "history", id)).out, /^taken back by +lcc_/m);
});

test("in a narrow terminal names of models stay whole and their days are shown before all else", async () => {
  await using app = await createDatedApp(JANUARY);
  const tuned = await tune(app, "sk-test-project", { suffix: "a-suffix-as-long-as-people-make-them" });
  const { hash } = JSON.parse(
    (await terminalOf(app, { stdin: CHANGE })("lifecycle", "plan", "-", "--json")).out,
  );
  await terminalOf(app, { stdin: CHANGE })("lifecycle", "apply", "-", "--plan", hash);
  const narrow = terminalOf(app, { columns: 100 });
  const { out } = await narrow("models", "list");
  assert.match(out, new RegExp(`^${tuned} +2027-07-01 \\(167 days\\)$`, "m"));
  const status = (await narrow("lifecycle", "status")).out;
  assert.match(status, new RegExp(`^${tuned} +2027-07-01 +167$`, "m"));
});

test("a narrow terminal gets two tables, each of them no wider than it", async () => {
  await using app = await createDatedApp(JANUARY);
  using folder = files({ "change.yaml": CHANGE });
  const { out } = await terminalOf(app, { columns: 80 })("lifecycle", "plan", folder.at("change.yaml"));
  assert.equal(out.match(/^DATE /gm)?.length, 2);
  const rows = out.split("\n").filter((line) => /^(DATE|20)/.test(line));
  assert.ok(
    rows.every(({ length }) => length <= 80),
    out,
  );
});

test("a change on stdin is planned and applied, and all commands speak JSON", async () => {
  await using app = await createDatedApp(JANUARY);
  const perennial = terminalOf(app, { stdin: CHANGE });
  const json = async (...args: string[]) => {
    const { code, out, err } = await perennial(...args, "--json");
    assert.deepEqual([code, err], [0, ""], args.join(" "));
    return JSON.parse(out);
  };
  assert.match(
    (await perennial("lifecycle", "plan", "-")).err,
    /`perennial lifecycle apply - --plan [0-9a-f]{16} < FILE`/,
  );
  const { hash } = await json("lifecycle", "plan", "-");
  const { id, undo_until } = await json("lifecycle", "apply", "-", "--plan", hash.toUpperCase());
  assert.equal(undo_until, "2027-02-01");
  assert.equal((await json("lifecycle", "show")).version, 1);
  assert.equal((await json("lifecycle", "status")).models[0].days_left, 137);
  assert.equal((await json("lifecycle", "history"))[0].id, id);
  assert.equal((await json("lifecycle", "undo", id)).undoes, id);
  assert.equal((await json("lifecycle", "policies")).length, 3);
  const made = await json("organizations", "create", "acme");
  assert.match(made.admin_key, /^sk-/);
  assert.equal((await json("organizations", "list")).length, 2);
});

test("another plan than the one that was reviewed is not applied", async () => {
  await using app = await createDatedApp(JANUARY);
  using folder = files({ "a change.yaml": CHANGE });
  const perennial = terminalOf(app);
  const apply = (hash: string) => perennial("lifecycle", "apply", folder.at("a change.yaml"), "--plan", hash);
  for (const [hash, says] of [
    ["0123456789ab", /not the plan that was reviewed: .*`perennial lifecycle plan '.*a change\.yaml'`\.$/m],
    ["0".repeat(64), /not the plan that was reviewed.*`perennial lifecycle plan FILE`/],
    ["0123", /at least 12 characters .*`perennial lifecycle plan '/],
    ["HEAD", /'head' is no plan's hash/],
    ["0".repeat(65), /is no plan's hash/],
  ] as const) {
    const { code, out, err } = await apply(hash);
    assert.deepEqual([code, out], [1, ""], err);
    assert.match(err, says);
  }
  assert.match((await perennial("lifecycle", "show")).err, /No dates and no policies/);
});

test("what is wrong with a file is one sentence with its place", async () => {
  await using app = await createDatedApp(JANUARY);
  using folder = files({
    "past.yaml": "models:\n  - { id: tiny-base, shutdown_at: 2027-01-01 }\n",
    "day.yaml": "models: [{ id: tiny-base, shutdown_at: 2027-02-30 }]",
    "broken.yaml": "models:\n  - id: tiny-base\n   shutdown_at: 2027-06-01\n",
    "latin.yaml": Uint8Array.of(0x6e, 0x6f, 0x74, 0x65, 0x3a, 0xe9),
    "large.yaml": `note: ${"x".repeat(1024 * 1024)}`,
  });
  mkdirSync(folder.at("folder"));
  const perennial = terminalOf(app);
  for (const [name, says] of [
    [
      "past.yaml",
      /past\.yaml: models\[0\]\.shutdown_at: 2027-01-01 has begun already.* Then: `perennial lifecycle plan .*past\.yaml`\.\n$/,
    ],
    ["day.yaml", /day\.yaml: Invalid value for 'models\[0\]\.shutdown_at': expected a date such as/],
    ["broken.yaml", /broken\.yaml: The document is not valid YAML, line \d, column \d+: /],
    ["latin.yaml", /latin\.yaml is not UTF-8: save it/],
    ["large.yaml", /large\.yaml is larger than 1 MB: make several/],
    ["folder", /folder is a folder: name the YAML file/],
    ["nothing.yaml", /There is no file .*nothing\.yaml/],
  ] as const) {
    for (const args of [["plan"], ["apply", "--plan", "0123456789abcdef"]]) {
      const { code, out, err } = await perennial("lifecycle", ...args, folder.at(name));
      assert.deepEqual([code, out, err.trim().split("\n").length], [1, "", 1], err);
      assert.match(err, says);
    }
  }
  const empty = await terminalOf(app, { stdin: "" })("lifecycle", "plan", "-");
  assert.match(empty.err, /^stdin: This change holds nothing/);
});

test("a project sees where it stands, and a refused job says where to look", async () => {
  await using app = await createDatedApp(JANUARY);
  const perennial = terminalOf(app, { stdin: CHANGE });
  assert.match(
    (await perennial("lifecycle", "status")).out,
    /^You can create fine-tuning jobs; no policy ends that\.\n/,
  );
  assert.equal((await askForJob(app, "sk-test-project")).status, 200);
  const { hash } = JSON.parse((await perennial("lifecycle", "plan", "-", "--json")).out);
  await perennial("lifecycle", "apply", "-", "--plan", hash);
  const { out } = await perennial("lifecycle", "status");
  assert.match(out, /^You can create fine-tuning jobs until 2027-04-01 00:00 UTC \(75 days\)\.\n/);
  assert.match(out, /^tiny-base answers until 2027-06-01/m);
  assert.match(out, /^closing +platform +2027-02-01 +never tuned +no$/m);
  assert.match(out, /^closing +platform +2027-05-01 +everyone +on 2027-05-01$/m);
  assert.match(out, /What keeps you in:\n {2}closing, stage of 2027-04-01: one call to /);
  assert.match(out, /^tiny-base +deprecated +2027-03-01 +2027-06-01 +137$/m);
  assert.match(
    (await perennial("models", "list")).out,
    /^tiny-base +perennial +\S.* deprecated +2027-06-01 \(137 days\)$/m,
  );
  assert.match(
    (await perennial("models", "get", "tiny-base")).out,
    /^state +deprecated\ntraining ends +2027-03-01 \(45 days\)\nshutdown +2027-06-01/m,
  );

  app.set("2027-05-01T00:00:00Z");
  using folder = files({
    "train.jsonl": '{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}\n'.repeat(
      10,
    ),
  });
  const refused = await perennial(
    "jobs",
    "create",
    "--model",
    "tiny-base",
    "--file",
    folder.at("train.jsonl"),
  );
  assert.equal(refused.code, 1);
  assert.match(refused.err, /`perennial lifecycle status` shows where you stand\.\n$/);
});
