import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestApp, type TestApp, tenRows } from "../test-app.ts";
import { createJob, hasEnded, playAll } from "../test-job.ts";

const JOBS = "/v1/fine_tuning/jobs";

/** Jobs with these metadata, oldest first. */
async function withJobs(
  app: TestApp,
  all: readonly object[] | readonly (object | null)[],
): Promise<string[]> {
  const file = await app.json(app.upload(tenRows));
  const ids: string[] = [];
  for (const metadata of all) {
    const request = { model: "tiny-base", training_file: file.id, metadata };
    ids.push((await app.json(app.post(JOBS, request))).id);
  }
  return ids;
}
const query = (pairs: [string, string][]) => new URLSearchParams(pairs).toString();
const listed = async (app: TestApp, pairs: [string, string][]) =>
  (await app.json(app.call(`${JOBS}?${query(pairs)}`))).data.map((one: { id: string }) => one.id);

test("jobs are filtered by their metadata", async () => {
  await using app = await createTestApp();
  const all = [null, {}, { a: "1" }, { a: "1", b: "" }, { a: "2" }, { "": "x" }, { "b]": "1" }];
  const [none, empty, a1, a1b, a2, nameless, bracket] = await withJobs(app, all);
  const everything = [bracket, nameless, a2, a1b, a1, empty, none];
  const cases: [[string, string][], unknown[]][] = [
    [[], everything],
    [[["metadata[a]", "1"]], [a1b, a1]],
    [
      [
        ["metadata[a]", "1"],
        ["metadata[b]", ""],
      ],
      [a1b],
    ],
    [[["metadata[b]", ""]], [a1b]],
    [[["metadata[a]", ""]], []],
    [[["metadata[a]", "1' or '1'='1"]], []],
    [[["metadata[A]", "1"]], []],
    [[["metadata[]", "x"]], [nameless]],
    [[["metadata[b]]", "1"]], [bracket]],
    [[["metadata", "null"]], [none]],
    [[["metadata", ""]], [none]],
  ];
  for (const [pairs, expected] of cases) assert.deepEqual(await listed(app, pairs), expected, query(pairs));
});

test("pages follow the id of the last job, with and without a filter, to the end", async () => {
  await using app = await createTestApp();
  const ids = await withJobs(app, [{ a: "1" }, null, { a: "1" }, null, { a: "1" }]);
  const newest = ids.toReversed();
  for (const filter of [[], [["metadata[a]", "1"]]] as [string, string][][]) {
    const wanted = filter.length === 0 ? newest : newest.filter((_, index) => index % 2 === 0);
    const found: string[] = [];
    for (let more = true; more; ) {
      const after: [string, string][] = found.length === 0 ? [] : [["after", found.at(-1) ?? ""]];
      const page = await app.json(app.call(`${JOBS}?${query([["limit", "2"], ...filter, ...after])}`));
      assert.deepEqual(Object.keys(page).sort(), ["data", "has_more", "object"]);
      found.push(...page.data.map((one: { id: string }) => one.id));
      more = page.has_more;
    }
    assert.deepEqual(found, wanted);
  }
});

test("checkpoints carry first_id and last_id, null on an empty page", async () => {
  await using app = await createTestApp();
  const [id] = await withJobs(app, [null]);
  assert.deepEqual(await app.json(app.call(`${JOBS}/${id}/checkpoints`)), {
    object: "list",
    data: [],
    has_more: false,
    first_id: null,
    last_id: null,
  });
});

test("another project's job is no place to go on from", async () => {
  await using app = await createTestApp();
  const [id] = await withJobs(app, [null]);
  const other = await app.otherKey();
  assert.equal((await app.call(`${JOBS}?after=${id}`, {}, other)).status, 404);
});

test("of a job's events only those in words are listed where they are asked for, and a cursor goes on among them", async () => {
  await using app = await createTestApp();
  const { id } = await createJob(app);
  playAll(await app.nextRun());
  await app.waitForJob(id, hasEnded);
  const events = async (asked: string) =>
    (await app.json(app.call(`${JOBS}/${id}/events?${asked}`))).data as {
      id: string;
      type: string;
      data?: object;
    }[];
  const all = await events("limit=1000");
  const words = all.filter(({ type }) => type === "message");
  assert.deepEqual(await events("limit=1000&type=message"), words);
  assert.equal((await events("limit=1000&type=metrics")).length, all.length - words.length);
  assert.deepEqual(await events(`limit=2&type=message&after=${words[1]?.id}`), words.slice(2, 4));
  assert.equal((await app.call(`${JOBS}/${id}/events?type=other`)).status, 400);
  const told = words.flatMap(({ data }) => (data && "fidelity" in data ? data.fidelity : []));
  assert.deepEqual(told, [{ passes: true, rows: 4 }]);
});
