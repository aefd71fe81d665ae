import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestApp, type TestApp, tenRows } from "../test-app.ts";
import { hasEnded } from "../test-job.ts";

type Event = { level: string; message: string; data?: Record<string, unknown> };

const eventsOf = async (app: TestApp, id: string): Promise<Event[]> =>
  (await app.json(app.call(`/v1/fine_tuning/jobs/${id}/events?limit=100`))).data.reverse();

async function createJob(app: TestApp, content: string, more = {}) {
  const { id } = await app.json(app.upload(content));
  return app.json(app.post("/v1/fine_tuning/jobs", { model: "tiny-base", training_file: id, ...more }));
}

const pair = (index: number) =>
  JSON.stringify({
    input: { messages: [{ role: "user", content: `q${index}` }] },
    preferred_output: [{ role: "assistant", content: "yes" }],
    non_preferred_output: [{ role: "assistant", content: "no" }],
  });
const tenPairs = Array.from({ length: 10 }, (_, index) => pair(index)).join("\n");

test("warnings come as events before the job is queued, and stop nothing", async () => {
  await using app = await createTestApp();
  const validation = await app.json(app.upload(tenRows));
  const job = await createJob(app, tenRows + tenRows, { validation_file: validation.id });
  await app.nextRun();
  const warnings = (await eventsOf(app, job.id)).filter(({ level }) => level === "warn");
  assert.deepEqual(
    warnings.map(({ data }) => [data?.file, data?.code, data?.lines]),
    [
      ["training_file", "duplicate_row", "11-20"],
      ["training_file", "one_answer", ""],
      ["validation_file", "overlap", "1-10"],
    ],
  );
  assert.match(
    warnings[0]?.message ?? "",
    /^Training file: Rows stand in the file more than once.*line 11 repeats line 1.* \(10 of 20 rows\)$/,
  );
});

test("a preference file is for dpo, and a chat file is not", async () => {
  await using app = await createTestApp();
  const good = await createJob(app, tenPairs, { method: { type: "dpo" } });
  await app.nextRun();
  assert.equal((await app.json(app.call(`/v1/fine_tuning/jobs/${good.id}`))).status, "running");
  for (const [content, more, found] of [
    [
      tenPairs,
      {},
      /is in the fine-tune-preference format, .* not using 'dpo' .*\(provided method=supervised\)\./,
    ],
    [
      tenRows,
      { method: { type: "dpo" } },
      /is in the fine-tune-chat format, .* not using 'supervised' .*\(provided method=dpo\)\./,
    ],
  ] as const) {
    const job = await createJob(app, content, more);
    const ended = await app.waitForJob(job.id, hasEnded);
    const error = ended.error as { code: string; message: string };
    assert.equal(error.code, "invalid_training_file");
    assert.match(error.message, found);
    assert.ok(error.message.includes(`Input file ${job.training_file} is`));
  }
});

test("the event of a failed check lists the problems and names the lines of all", async () => {
  await using app = await createTestApp();
  const image =
    '{"messages": [{"role": "user", "content": [{"type": "image_url"}]}, {"role": "assistant", "content": "a"}]}';
  const job = await createJob(app, tenRows + `${image}\n`.repeat(300));
  await app.waitForJob(job.id, hasEnded);
  const failure = (await eventsOf(app, job.id)).find(({ level }) => level === "error");
  assert.equal(failure?.data?.problem_count, 300);
  const problems = failure?.data?.problems as Record<string, unknown>[];
  assert.equal(problems.length, 200);
  assert.deepEqual(problems[0], {
    line: 11,
    param: "messages[0].content[0]",
    code: "image",
    message: "Example 11, message 1 contains an image, but the base model reads text only",
    fix: "Remove the image, or the row: the base model reads text only.",
  });
  assert.match(JSON.stringify(failure?.data?.problem_groups), /"count":300,"lines":"11-310"/);
});

test("a large file is checked on a thread of its own, with the same outcome", async () => {
  await using app = await createTestApp();
  const long = JSON.stringify({ messages: [{ role: "user", content: "x".repeat(300_000) }] });
  const job = await createJob(app, tenRows + `${long}\n`.repeat(8));
  const { error } = await app.waitForJob(job.id, hasEnded);
  assert.match(JSON.stringify(error), /Example 11 has no assistant message to train on.* \(line 11\)/);
});
