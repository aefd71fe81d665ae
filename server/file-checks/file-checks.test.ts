import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  watch,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { ErrorBody } from "../../contract/errors.ts";
import { DataCheck, FilePreview } from "../../contract/training-data.ts";
import { chatRow, createTestApp, type TestApp, tenRows } from "../test-app.ts";

const checkout = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "perennial-preview-"));
after(() => rmSync(folder, { recursive: true }));

/** A Python that plays the trainer's preview; what it is to do stands in its script, since the environment is the test's. */
function fakePython(how = ""): string {
  const path = join(folder, `python-${Math.random()}`);
  const fake = join(import.meta.dirname, "fixtures", "fake-preview.mjs");
  writeFileSync(path, `#!/bin/sh\nFAKE_PREVIEW='${how}' exec '${process.execPath}' '${fake}' "$@"\n`);
  chmodSync(path, 0o755);
  return path;
}
const createApp = (how = "") => createTestApp({ environment: { PERENNIAL_TRAINER_PYTHON: fakePython(how) } });

const check = async (app: TestApp, id: string, query = "") =>
  DataCheck.parse(await app.json(app.call(`/v1/perennial/files/${id}/check${query}`)));
const uploaded = async (app: TestApp, content: string, name = "train.jsonl") =>
  (await app.json(app.upload(content, { name }))).id as string;

test("a good file passes, and nothing is said of it", async () => {
  await using app = await createApp();
  const rows = Array.from({ length: 10 }, (_, index) => chatRow(`question ${index}`, `answer ${index}`)).join(
    "\n",
  );
  const found = await check(app, await uploaded(app, rows));
  assert.deepEqual([found.passes, found.error, found.method, found.tokens], [true, null, "supervised", null]);
  assert.deepEqual([found.training.rows, found.training.warnings], [10, []]);
});

test("problems are told as the job would tell them, with their lines and what to do", async () => {
  await using app = await createApp();
  const id = await uploaded(app, `${tenRows}{"messages": [{"content": "x"}]}\n`);
  const found = await check(app, id);
  const [problem] = found.training.problems;
  assert.deepEqual([found.passes, problem?.line, problem?.param], [false, 11, "messages[0].role"]);
  const created = await app.json(app.post("/v1/fine_tuning/jobs", { model: "tiny-base", training_file: id }));
  const job = await app.waitForJob(created.id, ({ status }) => status === "failed");
  assert.deepEqual(job.error, found.error);
  const mismatch = await check(app, id, "?method=dpo");
  assert.match(mismatch.error?.message ?? "", new RegExp(`Input file ${id} is in the fine-tune-chat format`));
});

test("a validation file is read too, and held against the training file", async () => {
  await using app = await createApp();
  const training = await uploaded(app, tenRows);
  const validation = await uploaded(app, `${chatRow("question 3", "answer")}\n`, "valid.jsonl");
  const found = await check(app, training, `?validation_file=${validation}`);
  assert.deepEqual(
    found.validation?.warnings.map(({ code, lines }) => [code, lines]),
    [["overlap", "1"]],
  );
});

test("with a model the tokens are counted", async () => {
  await using app = await createApp();
  const { tokens } = await check(app, await uploaded(app, tenRows), "?model=tiny-base");
  assert.deepEqual(tokens, {
    model: "tiny-base",
    context_length: 2048,
    rows: 10,
    unreadable_rows: 0,
    tokens: 200,
    trained_tokens: 20,
    untaught_rows: 0,
    longest_row: { line: 4, tokens: 90 },
    over_context: { rows: 1, tokens_cut: 26, lines: [4] },
    is_complete: true,
  });
});

test("a file that the trainer would refuse does not pass once its tokens are counted", async () => {
  await using app = await createApp("untaught");
  const found = await check(app, await uploaded(app, tenRows), "?model=tiny-base");
  assert.deepEqual([found.passes, found.tokens?.untaught_rows], [false, 10]);
  assert.deepEqual(found.error, {
    code: "invalid_training_file",
    message: "The job failed due to an invalid training file. Its rows are longer.",
    param: "training_file",
  });
});

test("a preview shows each token with its text, and whether it is trained on", async () => {
  await using app = await createApp();
  const id = await uploaded(app, tenRows);
  const path = `/v1/perennial/files/${id}/preview?model=tiny-base&after=6&limit=1`;
  const page = FilePreview.parse(await app.json(app.call(path)));
  assert.deepEqual([page.last_line, page.has_more, page.context_length], [7, true, 2048]);
  assert.deepEqual(page.data[0]?.branches[0]?.tokens, [
    { id: 5, text: "a", is_trained: false },
    { id: 6, text: "b", is_trained: true },
    { id: 7, text: "c", is_trained: true },
  ]);
});

test("what cannot be asked is refused with the parameter at fault", async () => {
  await using app = await createApp();
  const id = await uploaded(app, tenRows);
  const other = await app.otherKey();
  const note = (await app.json(app.upload("x", { name: "a.txt", purpose: "user_data" }))).id;
  const cases: [string, number, string | null, string?][] = [
    [`file-nothere/check`, 404, "id"],
    [`file-nothere/preview?model=tiny-base`, 404, "id"],
    [`..%2F..%2Fapi-key/preview?model=tiny-base`, 404, "id"],
    [`${id}/check`, 404, "id", other],
    [`${id}/preview?model=tiny-base`, 404, "id", other],
    [`${note}/check`, 400, "id"],
    [`${note}/preview?model=tiny-base`, 400, "id"],
    [`${id}/check?validation_file=${id}`, 400, "validation_file"],
    [`${id}/check?validation_file=${note}`, 400, "validation_file"],
    [`${id}/check?validation_file=file-nothere`, 404, "validation_file"],
    [`${id}/check?method=magic`, 400, "method"],
    [`${id}/check?model=gpt-4o`, 404, "model"],
    [`${id}/check?verbose=1`, 400, "verbose"],
    [`${id}/preview`, 400, "model"],
    [`${id}/preview?model=gpt-4o`, 404, "model"],
    [`${id}/preview?model=tiny-base&limit=0`, 400, "limit"],
    [`${id}/preview?model=tiny-base&limit=101`, 400, "limit"],
    [`${id}/preview?model=tiny-base&after=-1`, 400, "after"],
    [`${id}/preview?model=tiny-base&after=1e9`, 400, "after"],
  ];
  for (const [path, status, param, key] of cases) {
    const response = await app.call(`/v1/perennial/files/${path}`, {}, key);
    const { error } = ErrorBody.parse(await app.json(response));
    assert.deepEqual([response.status, error.param], [status, param], `${path}: ${error.message}`);
  }
});

for (const how of ["fail", "rubbish"]) {
  test(`a trainer that answers with ${how} is a clear 503`, async () => {
    await using app = await createApp(how);
    const id = await uploaded(app, tenRows);
    const response = await app.call(`/v1/perennial/files/${id}/preview?model=tiny-base`);
    assert.equal(response.status, 503);
    assert.match(ErrorBody.parse(await app.json(response)).error.message, /could not show the file's tokens/);
  });
}

test("a client that goes away ends the process that worked for it", async () => {
  const pidFile = join(folder, "pid");
  await using app = await createApp(`hang:${pidFile}`);
  const id = await uploaded(app, tenRows);
  const leaving = new AbortController();
  const started = new Promise<void>((resolve) => {
    const watcher = watch(folder, () => {
      if (!existsSync(pidFile) || readFileSync(pidFile, "utf8") === "") return;
      watcher.close();
      resolve();
    });
  });
  const answer = app.call(`/v1/perennial/files/${id}/preview?model=tiny-base`, { signal: leaving.signal });
  await started;
  const pid = Number(readFileSync(pidFile, "utf8"));
  process.kill(pid, 0);
  leaving.abort();
  assert.equal((await answer).status, 499);
  assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
});

const hf = join(checkout, "data", "bases", "smollm2-135m-instruct", "hf");
const python = join(checkout, ".venv", "bin", "python");
const lacksModel = existsSync(hf) && existsSync(python) ? false : "run `npm run setup` first: no base model";

test("the real trainer marks the answer and its end as trained", { skip: lacksModel }, async () => {
  await using app = await createTestApp({ environment: { PERENNIAL_TRAINER_PYTHON: python } });
  mkdirSync(join(app.folder, "bases", "tiny-base"), { recursive: true });
  symlinkSync(hf, join(app.folder, "bases", "tiny-base", "hf"));
  const id = await uploaded(app, `${chatRow("Colour of grass?", "Green \u{1F33F}.")}\n`);
  const path = `/v1/perennial/files/${id}/preview?model=tiny-base`;
  const { data, has_more } = FilePreview.parse(await app.json(app.call(path)));
  const tokens = data[0]?.branches[0]?.tokens ?? [];
  const textOf = (isTrained: boolean) =>
    tokens
      .filter((token) => token.is_trained === isTrained)
      .map(({ text }) => text)
      .join("");
  assert.equal(textOf(true), "Green \u{1F33F}.<|im_end|>");
  assert.match(textOf(false), /Colour of grass\?<\|im_end\|>\n<\|im_start\|>assistant\n\n$/);
  assert.equal(has_more, false);
  const found = await check(app, id, "?model=tiny-base");
  assert.equal(found.tokens?.tokens, tokens.length);
});
