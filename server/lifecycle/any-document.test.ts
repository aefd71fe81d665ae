import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { ADMIN, createDatedApp, createMember, type DatedApp, LIFE } from "../test-lifecycle.ts";

let app: DatedApp;
let organization: string;
before(async () => {
  app = await createDatedApp("2027-01-15T08:00:00Z");
  organization = (await createMember(app, "acme")).id;
});
after(() => app?.[Symbol.asyncDispose]());

const good = {
  note: "n",
  models: [{ id: "tiny-base", shutdown_at: "2027-06-01", tuned_models: { days_after: 3 } }],
  policies: [
    {
      name: "own",
      scope: { method: "dpo" },
      stages: [{ date: "2027-05-01", who: { inactive: { days: 9 } } }],
    },
    {
      builtin: "openai-2026",
      starting: "2027-02-01",
      exceptions: [{ organization: "ORGANIZATION", until: "2027-09-01", reason: "r" }],
    },
  ],
  withdraw: { models: [], policies: [] },
  accept: ["past_dates", "hits_nobody", "hits_everybody"],
};

const isBranch = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

/** Every place in a document, outermost first. */
const placesIn = (value: unknown): string[][] =>
  isBranch(value)
    ? Object.entries(value).flatMap(([key, inner]) => [
        [key],
        ...placesIn(inner).map((rest) => [key, ...rest]),
      ])
    : [];

/** The document with another value, or none, in one place. */
function changed(document: unknown, [key = "", ...rest]: readonly string[], value: unknown): unknown {
  if (!isBranch(document)) return document;
  const copy: unknown = structuredClone(document);
  if (rest.length > 0) Reflect.set(Object(copy), key, changed(document[key], rest, value));
  else if (value === undefined) Reflect.deleteProperty(Object(copy), key);
  else Reflect.set(Object(copy), key, value);
  return copy;
}

const day = fc.date({ min: new Date("1990-01-01"), max: new Date("2300-01-01"), noInvalidDate: true });
const likely = fc.constantFrom(
  "tiny-base",
  "everyone",
  "never_tuned",
  "platform",
  "__proto__",
  "own",
  "constructor",
);
const value = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  day.map((one) => one.toISOString().slice(0, 10)),
  likely,
  fc.integer(),
  fc.constant(undefined),
);
const mutation = fc.tuple(fc.constantFrom(...placesIn(good)), value);
const documents = fc
  .array(mutation, { minLength: 1, maxLength: 3 })
  .map((all) => all.reduce<unknown>((document, [place, to]) => changed(document, place, to), good));

const kinds = ["application/yaml", "application/json"];

async function assertAnswered(given: string, type: string): Promise<number> {
  const body = given.replaceAll("ORGANIZATION", organization);
  const init = { method: "POST", body, headers: { "content-type": type } };
  let status = 0;
  for (const path of [`${LIFE}/changes?plan_hash=0`, `${LIFE}/plans`]) {
    const response = await app.call(path, init, ADMIN);
    const { error } = await app.json(response);
    assert.ok(response.status === 200 || response.status === 400, `${response.status} ${body}`);
    if (response.status === 400) assert.match(error.message, /\S.{10,}[.)]$/s, body);
    status = response.status;
  }
  return status;
}

test("a change with anything in any place is planned or refused with a sentence", async () => {
  assert.equal(await assertAnswered(JSON.stringify(good), "application/json"), 200, "none is good by itself");
  await fc.assert(
    fc.asyncProperty(documents, fc.constantFrom(...kinds), async (document, type) => {
      await assertAnswered(JSON.stringify(document) ?? "null", type);
    }),
    { numRuns: 400 },
  );
});

test("so is any text", async () => {
  const piece = fc.constantFrom(
    "- ",
    "? ",
    ": ",
    "{",
    "}",
    "[",
    "]",
    "&a ",
    "*a ",
    "!!x ",
    "\n",
    "  ",
    '"',
    "'",
    "|",
    ">",
    "%",
    "#",
    "models",
    "\t",
    "---\n",
    "\\u0000",
    "é",
  );
  const texts = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(piece, { maxLength: 40 }).map((all) => all.join("")),
  );
  await fc.assert(
    fc.asyncProperty(texts, fc.constantFrom(...kinds), async (body, type) => {
      await assertAnswered(body, type);
    }),
    { numRuns: 400 },
  );
});
