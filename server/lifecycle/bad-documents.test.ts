import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, describe, test } from "node:test";
import { parse } from "yaml";
import { z } from "zod";
import type { TestApp } from "../test-app.ts";
import {
  ADMIN,
  applyChange,
  askForJob,
  createDatedApp,
  createMember,
  type DatedApp,
  LIFE,
  type Member,
} from "../test-lifecycle.ts";

const Row = z.strictObject({
  title: z.string(),
  document: z.unknown(),
  param: z.string().nullable(),
  says: z.string(),
  code: z.string().default("invalid_lifecycle"),
});
type Row = z.infer<typeof Row>;
const groups = z
  .record(z.string(), z.array(Row))
  .parse(parse(readFileSync(join(import.meta.dirname, "fixtures/bad-documents.yaml"), "utf8")));

const row = (
  title: string,
  document: unknown,
  param: string | null,
  says: string,
  code = "invalid_value",
) => ({
  ...{ title, document, param, says, code },
});
const base = { id: "base-a", shutdown_at: "2027-06-01" };
const everyone = { date: "2027-06-01", who: "everyone" };
const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

/** What no YAML file shows well. */
const computed: Row[] = [
  row(
    "a reason that is too long",
    { models: [{ ...base, reason: "r".repeat(501) }] },
    "models[0].reason",
    "500",
    "string_above_max_length",
  ),
  row(
    "a note that is too long",
    { models: [base], note: "n".repeat(501) },
    "note",
    "500",
    "string_above_max_length",
  ),
  row(
    "a policy's name that is too long",
    { policies: [{ name: "n".repeat(65), stages: [everyone] }] },
    "policies[0].name",
    "up to 64",
  ),
  row(
    "too many stages",
    { policies: [{ name: "n", stages: times(21, everyone) }] },
    "policies[0].stages",
    "20",
    "array_above_max_length",
  ),
  row("too many models", { models: times(201, base) }, "models", "200", "array_above_max_length"),
  row("too many policies", { policies: times(51, {}) }, "policies", "50", "array_above_max_length"),
];

const YAML = "application/yaml";
const bytes = (...codes: number[]) => Uint8Array.from(codes);
type Body = readonly [
  title: string,
  body: string | Uint8Array<ArrayBuffer>,
  says: RegExp,
  type?: string,
  param?: string,
];

const good = "models: [{id: base-a, shutdown_at: 2027-06-01}]";
/** Bodies that are no document. */
const bodies: readonly Body[] = [
  ["an empty body", "", /holds nothing/],
  ["spaces", " \n\n", /holds nothing/],
  ["a comment", "# nothing\n", /holds nothing/],
  ["null", "null", /holds nothing/],
  ["latin-1", bytes(0x6e, 0x6f, 0x74, 0x65, 0x3a, 0x20, 0xe9), /not UTF-8: save it/],
  ["half a character", bytes(0x61, 0x3a, 0x20, 0xe2, 0x82), /not UTF-8/],
  ["UTF-16", bytes(0xff, 0xfe, 0x61, 0x00), /not UTF-8/],
  [
    "a form",
    good,
    /'multipart\/form-data; boundary=x' is not read here: send YAML/,
    "multipart/form-data; boundary=x",
  ],
  ["a picture", good, /'image\/png' is not read here/, "image/png"],
  ["JSON that ends early", '{"models": [', /not valid YAML, line 1/, "application/json"],
  [
    "YAML with a tab",
    "models:\n\t- id: base-a\n",
    /not valid YAML, line 2, column \d+: Tabs are not allowed/,
  ],
  ["a bracket that stays open", "a: 1\nmodels: [\n", /not valid YAML, line/],
  ["two documents", `${good}\n---\n${good}`, /not valid YAML, line 2/],
  ["a name twice", `note: one\n${good}\nnote: two\n`, /'note' twice in one place, line 3: keep one/],
  [
    "a field of a model twice",
    "models:\n  - id: base-a\n    id: base-b\n",
    /'id' twice in one place, line 3/,
  ],
  ["a name twice in JSON", '{"note": "a", "note": "b"}', /'note' twice/, "application/json"],
  ["an anchor", "models: &m [{id: base-a, shutdown_at: 2027-06-01}]", /Anchors and aliases.*line 1: write/],
  ["an alias", "note: &n later\nwithdraw: {models: [*n]}", /Anchors and aliases/],
  ["an alias of nothing", "note: *n", /Anchors and aliases/],
  ["a tag", "note: !!str later", /Tags such as .* are not read here, line 1: leave it out/],
  ["a binary", "note: !!binary aGk=", /Tags such as/],
  ["a set", "models: !!set {base-a}", /Tags such as/],
  ["a tag of one's own", "note: !later x", /not valid YAML, line 1, column \d+: Unresolved tag/],
  ["a name that is a list", "? [a, b]\n: c", /no text, line 1/],
  ["a merge", "<<: {note: x}", /Unknown parameter: '<<'/, YAML, "<<"],
  ["half of a surrogate pair, escaped", 'note: "\\uD800"', /'note': it is not well-formed/, YAML, "note"],
  [
    "half of a pair in JSON",
    `{"models": [{"id": "\\udfff"}]}`,
    /well-formed/,
    "application/json",
    "models[0].id",
  ],
  ["half of a pair in a name", '{"\\udfff": 1}', /well-formed/, "application/json"],
  ["a prototype", '{"__proto__": {"models": []}}', /Unknown parameter/, YAML, "__proto__"],
  [
    "a model's prototype",
    '{"models": [{"id": "base-a", "shutdown_at": "2027-06-01", "__proto__": {}}]}',
    /Unknown parameter/,
    YAML,
    "models[0].__proto__",
  ],
  ["a number that is none", `note: .nan\n${good}`, /expected a string/, YAML, "note"],
  [
    "an infinite number",
    "policies: [{name: a, stages: [{date: 2027-06-01, who: {inactive: {days: .inf}}}]}]",
    /days/,
    YAML,
    "policies[0].stages[0].who.inactive.days",
  ],
  [
    "a number beyond numbers",
    "policies: [{name: a, stages: [{date: 2027-06-01, who: {inactive: {days: 1e999}}}]}]",
    /days/,
    YAML,
    "policies[0].stages[0].who.inactive.days",
  ],
  ["brackets in brackets", "[".repeat(100_000), /nested too deeply/],
  ["lists in lists", `${"- ".repeat(50_000)}a`, /nested too deeply/],
  ["questions in questions", `${"? ".repeat(50_000)}a`, /nested too deeply|no text/],
  ["more than a megabyte", `note: ${"n".repeat(1024 * 1024)}`, /larger than 1 MB/],
  ["a hundred thousand braces", "}".repeat(100_000), /not valid YAML, line 1/],
];

/** What is in force, and the clock, when each row is sent. */
async function setUp(app: DatedApp): Promise<Member> {
  const member = await createMember(app, "acme");
  assert.equal((await askForJob(app, member.key, { model: "base-a" })).status, 200);
  assert.equal((await askForJob(app, "sk-test-project", { model: "base-a" })).status, 200);
  await applyChange(app, { models: [{ id: "base-old", shutdown_at: "2026-12-01" }] });
  app.set("2027-01-15T08:00:00Z");
  await applyChange(app, {
    models: [{ id: "base-b", shutdown_at: "2027-08-01", successor: "base-c" }],
    policies: [
      { name: "end-of-b", scope: { base: "base-b" }, stages: [{ date: "2027-07-01", who: "everyone" }] },
    ],
  });
  return member;
}

const baseNamed = (id: string) => ({
  id,
  gguf: "",
  hf: "",
  contextLength: 2048,
  parameters: 1,
  createdAt: 1,
});
const bases = new Map(["a", "b", "c", "d", "old"].map((name) => [`base-${name}`, baseNamed(`base-${name}`)]));

function rowsOf(app: TestApp): unknown {
  using db = new DatabaseSync(join(app.folder, "perennial.sqlite"), { readOnly: true });
  return ["lifecycle_entries", "lifecycle_changes"].map((table) =>
    db.prepare(`select * from ${table}`).all(),
  );
}

describe("changes that are refused", () => {
  let app: DatedApp;
  let member: Member;
  before(async () => {
    app = await createDatedApp("2026-11-01T00:00:00Z", { parts: { bases } });
    member = await setUp(app);
  });
  after(() => app?.[Symbol.asyncDispose]());

  const named = (document: unknown) =>
    JSON.stringify(document).replaceAll("ORGANIZATION", member.id).replaceAll("PROJECT", member.project);

  async function assertRefused(
    response: Response | Promise<Response>,
    expected: { code?: string; param: string | null; says: RegExp },
  ) {
    const answer = await response;
    const { error } = await app.json(answer);
    assert.deepEqual([answer.status, error.type], [400, "invalid_request_error"], JSON.stringify(error));
    if (expected.code !== undefined) assert.equal(error.code, expected.code, error.message);
    assert.equal(error.param, expected.param, error.message);
    assert.match(error.message, expected.says);
    assert.match(error.message, /^.{15,}[.)]$/s);
  }

  for (const [group, rows] of Object.entries({ ...groups, computed })) {
    for (const { title, document, param, says, code } of rows) {
      test(`${group}: ${title}`, async () => {
        const before = rowsOf(app);
        const sent = named(document);
        const expected = { param, code, says: new RegExp(says) };
        await assertRefused(app.call(`${LIFE}/plans`, { method: "POST", body: sent }, ADMIN), expected);
        const body = `{"plan_hash": "0", "document": ${sent}}`;
        const headers = { "content-type": "application/json" };
        await assertRefused(app.call(`${LIFE}/changes`, { method: "POST", body, headers }, ADMIN), expected);
        assert.deepEqual(rowsOf(app), before);
      });
    }
  }

  for (const [title, body, says, type = YAML, param = null] of bodies) {
    test(`a body: ${title}`, async () => {
      const before = rowsOf(app);
      const init = { method: "POST", body, headers: { "content-type": type } };
      await assertRefused(app.call(`${LIFE}/plans`, init, ADMIN), { param, says });
      await assertRefused(app.call(`${LIFE}/changes?plan_hash=0`, init, ADMIN), { param, says });
      assert.deepEqual(rowsOf(app), before);
    });
  }

  test("all in all more than eighty kinds", () => {
    const count = Object.values(groups).flat().length + computed.length + bodies.length;
    assert.ok(count > 130, String(count));
  });
});
