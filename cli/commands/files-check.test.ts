import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { DataCheck, PreviewRow } from "../../contract/training-data.ts";
import { chatRow, createTestApp, type TestApp, tenRows } from "../../server/test-app.ts";
import { createTestTerminal } from "../test-terminal.ts";

const folder = mkdtempSync(join(tmpdir(), "perennial-cli-check-"));
after(() => rmSync(folder, { recursive: true }));

let written = 0;
function fileOf(content: string): string {
  written += 1;
  const path = join(folder, `${written}.jsonl`);
  writeFileSync(path, content);
  return path;
}

const fake = join(import.meta.dirname, "../../server/file-checks/fixtures/fake-preview.mjs");
const python = join(folder, "python");
writeFileSync(python, `#!/bin/sh\nexec '${process.execPath}' '${fake}' "$@"\n`);
chmodSync(python, 0o755);

/** A machine with a base model and a trainer, which the fake plays; no server. */
const bases = join(folder, "bases");
function addBase(id: string): void {
  mkdirSync(join(bases, id), { recursive: true });
  const manifest = {
    id,
    format: "gguf",
    gguf: "m.gguf",
    hf: "hf",
    context_length: 64,
    parameters: 1,
    license: "x",
    created: 1,
  };
  writeFileSync(join(bases, id, "base.json"), JSON.stringify(manifest));
}
addBase("one-base");
const here = { PERENNIAL_BASES: bases, PERENNIAL_TRAINER_PYTHON: python };
const terminal = createTestTerminal({ environment: here });
const terminalOf = (app: TestApp) =>
  createTestTerminal({ fetch: async (url, init) => app.app.request(String(url), init) });

const good = Array.from({ length: 10 }, (_, index) => chatRow(`question ${index}`, `answer ${index}`)).join(
  "\n",
);

test("a good file passes without a server", async () => {
  const { code, out, err } = await terminal("files", "check", fileOf(good));
  assert.deepEqual([code, err], [0, ""]);
  assert.match(
    out,
    /\.jsonl: 10 rows of chat messages, \d+ B\n\nGood for a job with the method supervised\.\n$/,
  );
});

test("problems are shown with their line, place and what to do, and the exit code is 1", async () => {
  const path = fileOf(`${good}\n{"messages": [{"content": "x"}]}\n`);
  const { code, out, err } = await terminal("files", "check", path);
  assert.deepEqual([code, err], [1, "A job would fail with invalid_training_file.\n"]);
  assert.match(
    out,
    /1 problem\n {2}line 11 {2}messages\[0\]\.role\n {4}Example 11, message 1 Discriminator.*\n {4}Give every message/,
  );
  const asJson = await terminal("files", "check", path, "--json");
  assert.equal(asJson.code, 1);
  const checked = DataCheck.parse(JSON.parse(asJson.out));
  assert.deepEqual([checked.passes, checked.training.problems.length], [false, 1]);
});

test("what to do is said once where several problems need the same", async () => {
  const extra = chatRow("question", "answer").replace("{", '{"id": 1, ');
  const { out } = await terminal("files", "check", fileOf(`${good}\n${extra}\n${extra}\n{"messages": []}\n`));
  assert.equal(out.match(/Remove the key/g)?.length, 1);
  assert.match(out, /line 12 {2}id\n.*"id"\.\n {4}Remove the key.*\n {2}line 13/);
});

test("of many problems some are shown and all are grouped", async () => {
  const { out } = await terminal("files", "check", fileOf("{}\n".repeat(30)), "--limit", "2");
  assert.match(out, /… and 29 more\. All of them by kind:\n {2}unknown_format: 31 times, lines 1-30\n/);
});

test("warnings pass, and a validation file is held against the training file", async () => {
  const { code, out } = await terminal(
    "files",
    "check",
    fileOf(good),
    "--validation",
    fileOf(`${chatRow("question 3", "answer 3")}\n`),
  );
  assert.equal(code, 0);
  assert.match(
    out,
    /1 warning\n {2}Rows of the validation file stand in the training file too.*\n {4}1 row: 1\n/,
  );
});

test("too few rows and the wrong method are said as the job says them", async () => {
  const few = await terminal("files", "check", fileOf(`${chatRow("q", "a")}\n`));
  assert.match(few.err, /^A job would fail with invalid_n_examples: Training file has 1 example\(s\)/);
  const wrong = await terminal("files", "check", fileOf(good), "--method", "dpo");
  assert.equal(wrong.code, 1);
  assert.match(wrong.out, / {2}file\n {4}Input file .* is in the fine-tune-chat format/);
});

test("tokens are counted by the trainer of this machine", async () => {
  const { code, out, err } = await terminal("files", "check", fileOf(good), "--tokens");
  assert.equal(code, 0, err);
  assert.match(
    out,
    /Tokens for one-base\n {2}200 in 10 rows, of them 20 trained on\n {2}longest row: 90 tokens, line 4\n/,
  );
  assert.match(out, /1 row longer than the context of 64: 26 tokens cut at their ends \(line 4\)/);
  assert.doesNotMatch(out, /cannot read/);
});

test("rows that the trainer cannot read are told apart from those that it counted", async () => {
  const partly = join(folder, "partly-python");
  writeFileSync(partly, `#!/bin/sh\nFAKE_PREVIEW=unreadable exec '${python}' "$@"\n`);
  chmodSync(partly, 0o755);
  const elsewhere = createTestTerminal({ environment: { ...here, PERENNIAL_TRAINER_PYTHON: partly } });
  const { out } = await elsewhere("files", "check", fileOf(good), "--tokens");
  assert.match(
    out,
    /200 in 7 rows, of them 20 trained on\n {2}3 rows that the trainer cannot read, and so not counted/,
  );
});

test("a file that the trainer would refuse fails the check once its tokens are counted", async () => {
  const lost = join(folder, "lost-python");
  writeFileSync(lost, `#!/bin/sh\nFAKE_PREVIEW=untaught exec '${python}' "$@"\n`);
  chmodSync(lost, 0o755);
  const elsewhere = createTestTerminal({ environment: { ...here, PERENNIAL_TRAINER_PYTHON: lost } });
  const { code, out, err } = await elsewhere("files", "check", fileOf(good), "--tokens");
  assert.equal(code, 1);
  assert.match(out, / {2}10 rows of which nothing is learned: no part of an answer is left\n/);
  assert.doesNotMatch(out, /Good for a job/);
  assert.match(err, /A job would fail with invalid_training_file: .* Its rows are longer\.$/m);
});

test("an uploaded file is checked and shown by its server", async () => {
  await using app = await createTestApp({ environment: { PERENNIAL_TRAINER_PYTHON: python } });
  const { id } = await app.json(app.upload(tenRows));
  const perennial = terminalOf(app);
  assert.equal((await perennial("files", "check", id)).code, 0);
  assert.match((await perennial("files", "check", id, "--model", "tiny-base")).out, /Tokens for tiny-base/);
  const { out } = await perennial("files", "preview", id, "--limit", "2", "--json");
  const rows = out
    .trimEnd()
    .split("\n")
    .map((line) => PreviewRow.parse(JSON.parse(line)));
  assert.deepEqual(
    rows.map(({ line }) => line),
    [1, 2],
  );
});

test("a preview marks what is trained on, in colours on a terminal", async () => {
  const path = fileOf(good);
  const plain = await terminal("files", "preview", path, "--limit", "1");
  assert.equal(plain.out, "── line 1 · 3 tokens, 2 trained on\na⟦bc⟧\n");
  assert.match(plain.err, /There is more: go on with --after 1\.\n$/);
  const ids = await terminal("files", "preview", path, "--limit", "1", "--ids", "--after", "4");
  assert.equal(ids.out, "── line 5 · 3 tokens, 2 trained on\na(5)⟦b(6)c(7)⟧\n");
  const coloured = await createTestTerminal({ environment: here, columns: 80 })(
    "files",
    "preview",
    path,
    "--limit",
    "1",
  );
  assert.ok(coloured.out.includes("\u001b[2ma\u001b[0m\u001b[1;4;32mb\u001b[0m\u001b[1;32mc\u001b[0m"));
  const colourless = { environment: { ...here, NO_COLOR: "1" }, columns: 80 };
  assert.equal(
    (await createTestTerminal(colourless)("files", "preview", path, "--limit", "1")).out,
    plain.out,
  );
});

test("a name that the upload would refuse is told by the check", async () => {
  const path = join(folder, "rows.txt");
  writeFileSync(path, good);
  const { code, err } = await terminal("files", "check", path);
  assert.deepEqual(
    [code, err],
    [0, `\nTo be uploaded for fine-tuning, ${path} needs a name that ends in .jsonl.\n`],
  );
});

test("a preview that begins after the last line says so", async () => {
  const none = {
    object: "list",
    model: "tiny-base",
    context_length: 64,
    data: [],
    last_line: null,
    has_more: false,
  };
  const preview = createTestTerminal({ fetch: async () => Response.json(none) });
  const args = ["preview", "file-abc", "--model", "tiny-base", "--after", "999"];
  const { code, out, err } = await preview("files", ...args);
  assert.deepEqual([code, out, err], [0, "", "There is no row after line 999.\n"]);
});

test("mistakes are answered by one sentence", async () => {
  const path = fileOf(good);
  const lacking = createTestTerminal({ environment: { PERENNIAL_BASES: join(folder, "none") } });
  for (const [run, args, expected] of [
    [terminal, ["check", "/no/such.jsonl"], /^There is no file \/no\/such\.jsonl\.\n$/],
    [terminal, ["check", folder], /is a folder: name the file in it\.\n$/],
    [terminal, ["check", path, "--method", "magic"], /^No method 'magic': use one of supervised, dpo\.\n$/],
    [
      terminal,
      ["check", path, "--model", "gpt-4o"],
      /^No base model 'gpt-4o' on this machine; there is one-base\./,
    ],
    [lacking, ["check", path, "--tokens"], /^Tokens need the trainer's environment.*npm run setup/],
    [lacking, ["preview", path], /^Tokens need the trainer's environment.*npm run setup/],
    [terminal, ["preview", "/no/such.jsonl"], /^There is no file/],
    [terminal, ["check", "file-abc", "--tokens"], /^Say whose tokens with --model/],
  ] as const) {
    const { code, err } = await run("files", ...args);
    assert.equal(code, 1);
    assert.match(err, expected);
  }
});

test("a trainer that fails is a sentence, and Ctrl-C ends the work", async () => {
  const broken = join(folder, "broken");
  writeFileSync(broken, "#!/bin/sh\necho no torch >&2\nexit 3\n");
  chmodSync(broken, 0o755);
  const environment = { ...here, PERENNIAL_TRAINER_PYTHON: broken };
  const failed = await createTestTerminal({ environment })("files", "preview", fileOf(good));
  assert.deepEqual(
    [failed.code, failed.err],
    [1, "The trainer could not read the tokens: exit code 3: no torch\n"],
  );
  const interrupt = AbortSignal.abort();
  const ended = await createTestTerminal({ environment: here, interrupt })("files", "preview", fileOf(good));
  assert.deepEqual([ended.code, ended.err], [130, "Interrupted.\n"]);
});
