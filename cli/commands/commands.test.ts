import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createTestApp, type TestApp, tenRows } from "../../server/test-app.ts";
import { createTestTerminal } from "../test-terminal.ts";

/** The command line, with the real app behind its fetch. */
const terminalOf = (app: TestApp, options: Parameters<typeof createTestTerminal>[0] = {}) =>
  createTestTerminal({ fetch: async (url, init) => app.app.request(String(url), init), ...options });

function trainingFile(content = tenRows) {
  const folder = mkdtempSync(join(tmpdir(), "perennial-cli-"));
  const path = join(folder, "train.jsonl");
  writeFileSync(path, content);
  return { path, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

const step = (number: number) => ({
  type: "step",
  step: number,
  train_loss: 2 / number,
  train_mean_token_accuracy: 0.5,
  total_steps: 2,
  tokens: 10 * number,
  seconds: number,
});

test("a file is uploaded, listed for people and for programs, printed and deleted", async () => {
  await using app = await createTestApp();
  using file = trainingFile();
  const perennial = terminalOf(app);
  const uploaded = await perennial("files", "upload", file.path, "--json");
  assert.equal(uploaded.err, "");
  const { id } = JSON.parse(uploaded.out);
  assert.deepEqual(
    JSON.parse((await perennial("--json", "files", "list")).out).map((one: { id: string }) => one.id),
    [id],
  );
  assert.match(
    (await perennial("files", "list")).out,
    new RegExp(`^FILE .*\n${id}  train.jsonl  fine-tune  `),
  );
  assert.match((await perennial("files", "get", id)).out, /^purpose {2}fine-tune$/m);
  assert.equal((await perennial("files", "content", id)).out, tenRows);
  assert.equal(JSON.parse((await perennial("files", "content", id, "--json")).out), tenRows);
  assert.equal((await perennial("files", "delete", id)).out, `deleted  ${id}\n`);
  const gone = await perennial("files", "get", id);
  assert.deepEqual(gone, {
    code: 1,
    out: "",
    err: `No such File object: ${id}. \`perennial files list\` shows those there are.\n`,
  });
});

test("a job is created from a path, watched to its end, and its model is named", async () => {
  await using app = await createTestApp();
  using file = trainingFile();
  const perennial = terminalOf(app);
  const watched = perennial(
    ...["jobs", "create", "--model", "tiny-base", "--file", file.path, "--suffix", "cli", "--epochs", "2"],
    ...["--metadata", "team=a", "--metadata", "run=1=2", "--seed", "7", "--watch"],
  );
  const run = await app.nextRun();
  run.write(step(1));
  run.write(step(2));
  run.write({ type: "error", code: "server_error", message: "out of memory", param: null });
  run.end();
  const { code, err } = await watched;
  assert.equal(code, 1);
  assert.match(err, /Uploaded .*train.jsonl as file-/);
  assert.match(err, /Fine-tuning job started/);
  assert.match(err, /100% {2}step 2\/2 · loss 1.00/);
  assert.match(err, /Job (ftjob-\w+) failed: out of memory\n`perennial jobs events \1` tells more\.\n$/);
  const [job] = JSON.parse((await perennial("jobs", "list", "--json")).out);
  assert.equal(job.status, "failed");
  assert.deepEqual(job.metadata, { team: "a", run: "1=2" });
  assert.equal(job.hyperparameters.n_epochs, 2);
  assert.equal(job.seed, 7);
  assert.equal(job.user_provided_suffix, "cli");
});

test("watching for a program prints events and then the job, one a line", async () => {
  await using app = await createTestApp();
  using file = trainingFile();
  const perennial = terminalOf(app);
  const create = ["jobs", "create", "--model", "tiny-base", "--file", file.path, "--json"];
  const { id } = JSON.parse((await perennial(...create)).out);
  const watched = perennial("jobs", "watch", id, "--json");
  (await app.nextRun()).write(step(1));
  await app.waitForJob(id, ({ status }) => status === "running");
  assert.equal((await perennial("jobs", "cancel", id)).out, `cancelled  ${id}\n`);
  const { code, out, err } = await watched;
  const lines = out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.equal(lines[0].message, `Created fine-tuning job: ${id}`);
  assert.equal(lines.at(-2).message, "The job has been cancelled");
  assert.equal(lines.at(-1).status, "cancelled");
  assert.deepEqual([code, err], [1, `Job ${id} was cancelled.\n`]);
  const events = (await perennial("jobs", "events", id, "--json", "--limit", "2")).out.trimEnd().split("\n");
  assert.deepEqual(JSON.parse(events[1] ?? "").message, "The job has been cancelled");
});

test("Ctrl-C while watching leaves the job running and says so", async () => {
  await using app = await createTestApp();
  using file = trainingFile();
  const interrupt = AbortSignal.abort();
  const create = ["jobs", "create", "--model", "tiny-base", "--file", file.path, "--json"];
  const { id } = JSON.parse((await terminalOf(app)(...create)).out);
  const { code, err } = await terminalOf(app, { interrupt })("jobs", "watch", id);
  assert.equal(code, 130);
  assert.match(err, new RegExp(`goes on without you.*perennial jobs cancel ${id}`));
  assert.notEqual((await app.json(app.call(`/v1/fine_tuning/jobs/${id}`))).status, "cancelled");
});

test("a question is answered from the arguments, from a pipe, and as JSON", async () => {
  const asked: unknown[] = [];
  const chunk = (content: string) =>
    `data: ${JSON.stringify({ choices: [{ delta: { content } }], usage: null })}\n\n`;
  async function* stream() {
    yield Buffer.from(`${chunk("Hel")}${chunk("lo")}data: [DONE]\n\n`);
  }
  async function* whole() {
    const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
    yield Buffer.from(JSON.stringify({ choices: [{ message: { content: "Hello" } }], usage }));
  }
  await using app = await createTestApp({
    serving: {
      chat: async (_target, body) => {
        asked.push(body.messages);
        return { status: 200, body: body.stream ? stream() : whole() };
      },
    },
  });
  const system = ["--system", "Be brief", "--temperature", "0", "--max-tokens", "5"];
  const answer = await terminalOf(app)("chat", "tiny-base", "Good", "day", ...system);
  assert.deepEqual(answer, { code: 0, out: "Hello\n", err: "" });
  assert.equal((await terminalOf(app, { stdin: "Good\nday\n" })("chat", "tiny-base")).out, "Hello\n");
  const { out } = await terminalOf(app)("chat", "tiny-base", "hi", "--json");
  assert.equal(JSON.parse(out).choices[0].message.content, "Hello");
  assert.deepEqual(asked, [
    [
      { role: "system", content: "Be brief" },
      { role: "user", content: "Good day" },
    ],
    [{ role: "user", content: "Good\nday" }],
    [{ role: "user", content: "hi" }],
  ]);
});

test("a new key's value is printed once; the key works until it is revoked", async () => {
  await using app = await createTestApp();
  const perennial = terminalOf(app);
  const project = JSON.parse((await perennial("projects", "create", "Support", "--json")).out);
  const without = await perennial("keys", "create");
  assert.match(without.err, /^Say which project with --project: .*\(Support\)/);
  const made = await perennial("keys", "create", "--project", "Support", "--name", "ci");
  assert.match(made.out, /^sk-\S+\n$/);
  const key = made.out.trim();
  const withKey = terminalOf(app, { environment: { PERENNIAL_API_KEY: key } });
  assert.equal((await withKey("models", "list")).code, 0);
  const listed = await perennial("keys", "list", "--project", project.id);
  assert.ok(!listed.out.includes(key));
  const [{ id }] = JSON.parse((await perennial("keys", "list", "--project", "Support", "--json")).out);
  assert.equal((await perennial("keys", "revoke", id)).out, `revoked  ${id}\n`);
  const refused = await withKey("models", "list");
  assert.equal(refused.code, 1);
  assert.ok(refused.err.startsWith("Incorrect API key provided") && !refused.err.includes(key));
});

test("mistakes are answered by one sentence, with the likely meaning", async () => {
  const perennial = createTestTerminal();
  for (const [args, expected] of [
    [["job"], "Unknown command 'job'. Did you mean jobs?\n"],
    [["jobs", "wach", "x"], "Unknown command 'wach'. Did you mean watch?\n"],
    [["jobs", "list", "--limt", "3"], "Unknown option '--limt'. Did you mean --limit?\n"],
    [
      ["jobs", "list", "--limit", "x"],
      "Option '--limit <count>' argument 'x' is invalid. Give a whole number. `perennial jobs list --help` shows how it is used.\n",
    ],
    [
      ["jobs", "list", "--limit", "0"],
      "Option '--limit <count>' argument '0' is invalid. Give a whole number from 1. `perennial jobs list --help` shows how it is used.\n",
    ],
    [["nothing"], "Unknown command 'nothing'. `perennial --help` shows how it is used.\n"],
    [
      ["--json", "jobs", "get"],
      "Missing required argument 'job'. `perennial jobs get --help` shows how it is used.\n",
    ],
    [["files", "upload", "."], ". is a folder: name the file in it.\n"],
    [["files", "list", "--purpose", "train"], /^No purpose 'train': use one of .*fine-tune-results/],
    [["files", "upload", "/no/such.jsonl"], "There is no file /no/such.jsonl.\n"],
    [["files", "upload", "x", "--purpose", "train"], /^No purpose 'train': use one of .*fine-tune/],
    [
      ["models", "list"],
      / cannot be reached: fetch failed\. PERENNIAL_BASE_URL says which server is asked\.\n$/,
    ],
  ] as const) {
    const { code, out, err } = await perennial(...args);
    assert.deepEqual([code, out], [1, ""]);
    if (typeof expected === "string") assert.equal(err, expected);
    else assert.match(err, expected);
  }
});

test("the version is the package's", async () => {
  assert.deepEqual(await createTestTerminal()("--version"), { code: 0, out: "1.2.3\n", err: "" });
});

test("ids and names of models stay whole on a narrow terminal", async () => {
  await using app = await createTestApp();
  using file = trainingFile();
  const narrow = terminalOf(app, { columns: 30 });
  const create = ["jobs", "create", "--model", "tiny-base", "--file", file.path, "--json"];
  const job = JSON.parse((await narrow(...create)).out);
  const jobs = (await narrow("jobs", "list")).out;
  assert.ok(jobs.includes(job.id) && jobs.includes("tiny-base"), jobs);
  const files = (await narrow("files", "list")).out;
  assert.ok(files.includes(job.training_file), files);
});

test("every command explains itself with an example", async () => {
  const perennial = createTestTerminal();
  const namesIn = (help: string) =>
    Array.from(
      (help.split("Commands:\n")[1] ?? "").matchAll(/^ {2}([a-z]+) /gm),
      ([, name = ""]) => name,
    ).filter((name) => name !== "help");
  for (const group of namesIn((await perennial("--help")).out)) {
    const { out } = await perennial(group, "--help");
    const commands = namesIn(out);
    const helps = commands.length === 0 ? [out] : [];
    for (const command of commands) helps.push((await perennial(group, command, "--help")).out);
    for (const help of helps) assert.match(help, /\nExamples?:\n {2}perennial /);
    for (const help of helps) assert.match(help, /--json/);
  }
});

test("config shows what is set, and of a secret only that it is", async () => {
  const environment = { PERENNIAL_PORT: "8080", PERENNIAL_API_KEY: "sk-secret", PERENNIAL_LOG: "loud" };
  const { out } = await createTestTerminal({ environment })("config", "--json");
  assert.ok(!out.includes("sk-secret"));
  const byName = new Map(JSON.parse(out).map((one: { name: string }) => [one.name, one]));
  assert.deepEqual(byName.get("PERENNIAL_PORT"), {
    name: "PERENNIAL_PORT",
    value: 8080,
    default: 4010,
    isSet: true,
    help: "Port to listen on; 0 takes a free one.",
  });
  assert.match(JSON.stringify(byName.get("PERENNIAL_LOG")), /loud \(not valid/);
});

test("the committed reference page is what config prints", async () => {
  const committed = join(import.meta.dirname, "..", "..", "docs", "reference", "configuration.md");
  const { out } = await createTestTerminal()("config", "--markdown");
  assert.equal(readFileSync(committed, "utf8"), out);
});
