import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { tinyBundle } from "../../bundle/fixtures/tiny-bundle.ts";
import type { TestApp } from "../../server/test-app.ts";
import { archiveOf, createBundleApp, tune } from "../../server/test-bundle.ts";
import { createTestTerminal } from "../test-terminal.ts";

const terminalOf = (app: TestApp, interrupt?: AbortSignal) =>
  createTestTerminal({
    fetch: async (url, init) => app.app.request(String(url), init),
    ...(interrupt ? { interrupt } : {}),
  });

/** A folder for what is written, gone after the test. */
function createPlace() {
  const folder = mkdtempSync(join(tmpdir(), "perennial-cli-"));
  return {
    path: (name: string) => join(folder, name),
    names: () => readdirSync(folder).sort(),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

const offline = createTestTerminal();

test("a model is exported into a folder, verified without a server, and imported on another installation", async () => {
  using place = createPlace();
  await using home = await createBundleApp();
  const { model } = await tune(home);
  const out = place.path("kept");
  const exported = await terminalOf(home)("models", "export", model, "-o", out);
  assert.equal(exported.code, 0, exported.err);
  assert.match(exported.out, new RegExp(`model +${model}`));
  assert.match(exported.err, /perennial models verify .*kept\n.*perennial models import/);
  assert.deepEqual(place.names(), ["kept"]);
  assert.equal(
    execFileSync("sha256sum", ["-c", "SHA256SUMS"], { cwd: out, encoding: "utf8" }).includes("FAILED"),
    false,
  );

  const verified = await offline("models", "verify", out);
  assert.equal(verified.code, 0, verified.err);
  assert.match(verified.out, /adapter\.gguf +\S+ \S+ +ok\n/);
  assert.match(verified.err, /All 13 files are whole/);

  await using app = await createBundleApp();
  const imported = await terminalOf(app)("models", "import", out);
  assert.equal(imported.code, 0, imported.err);
  assert.match(imported.err, new RegExp(`perennial chat ${model}`));
  const again = await terminalOf(app)("models", "import", out, "--json");
  assert.equal(JSON.parse(again.out).was_there, true);
});

test("one tar is the folder in one file, and tar's own archive of the folder imports too", async () => {
  using place = createPlace();
  await using home = await createBundleApp();
  const { model } = await tune(home);
  const [tar, folder, own] = [place.path("a.tar"), place.path("folder"), place.path("own.tar")];
  assert.equal((await terminalOf(home)("models", "export", model, "-o", tar)).code, 0);
  await terminalOf(home)("models", "export", model, "-o", folder);
  assert.equal((await offline("models", "verify", tar)).code, 0);
  mkdirSync(place.path("unpacked"));
  execFileSync("tar", ["-mxf", tar, "-C", place.path("unpacked"), "--strip-components=1"]);
  const files = (at: string) =>
    new Map(
      readdirSync(at, { recursive: true, withFileTypes: true }).flatMap((entry) =>
        entry.isFile()
          ? [
              [
                join(entry.parentPath, entry.name).slice(at.length),
                readFileSync(join(entry.parentPath, entry.name), "latin1"),
              ] as const,
            ]
          : [],
      ),
    );
  assert.deepEqual(files(place.path("unpacked")), files(folder));
  execFileSync("tar", ["-cf", own, "-C", folder, "."]);
  await using app = await createBundleApp();
  const imported = await terminalOf(app)("models", "import", own, "--json");
  assert.equal(imported.code, 0, imported.err);
  assert.equal(JSON.parse(imported.out).id, model);
});

test("without training data no row leaves", async () => {
  using place = createPlace();
  await using home = await createBundleApp();
  const { model } = await tune(home);
  await terminalOf(home)("models", "export", model, "--no-training-data", "-o", place.path("x.tar"));
  assert.equal(readFileSync(place.path("x.tar"), "latin1").includes("question 3"), false);
});

test("nothing that is there is overwritten, and with --force only an export", async () => {
  using place = createPlace();
  await using home = await createBundleApp();
  const { model } = await tune(home);
  const run = terminalOf(home);
  mkdirSync(place.path("mine"));
  writeFileSync(place.path("mine/letter.txt"), "dear");
  for (const more of [[], ["--force"]]) {
    const refused = await run("models", "export", model, "-o", place.path("mine"), ...more);
    assert.deepEqual([refused.code, readdirSync(place.path("mine"))], [1, ["letter.txt"]]);
  }
  await run("models", "export", model, "-o", place.path("kept"));
  writeFileSync(place.path("kept/old.txt"), "old");
  assert.match((await run("models", "export", model, "-o", place.path("kept"))).err, /--force/);
  assert.equal((await run("models", "export", model, "-o", place.path("kept"), "--force")).code, 0);
  assert.equal(existsSync(place.path("kept/old.txt")), false);
  assert.deepEqual(place.names(), ["kept", "mine"]);
});

test("a damaged export is told file by file, and is not sent", async () => {
  using place = createPlace();
  await using home = await createBundleApp();
  const { model } = await tune(home);
  await terminalOf(home)("models", "export", model, "-o", place.path("whole"));
  const cases: [string, (at: string) => void, RegExp][] = [
    ["changed", (at) => appendFileSync(join(at, "data/train.jsonl"), "x"), /data\/train\.jsonl is damaged/],
    ["lacking", (at) => rmSync(join(at, "adapter.gguf")), /adapter\.gguf is missing/],
    ["more", (at) => writeFileSync(join(at, "virus.exe"), "x"), /virus\.exe is not part/],
    ["linked", (at) => symlinkSync("/etc/passwd", join(at, "passwd")), /passwd is no plain file/],
    ["empty", (at) => rmSync(join(at, "perennial.json")), /perennial\.json is missing/],
  ];
  for (const [name, damage, told] of cases) {
    cpSync(place.path("whole"), place.path(name), { recursive: true });
    damage(place.path(name));
    for (const verb of ["verify", "import"]) {
      const ran = await offline("models", verb, place.path(name));
      assert.equal(ran.code, 1, `${verb} ${name}`);
      assert.match(ran.err, told);
    }
  }
  const json = await offline("models", "verify", place.path("changed"), "--json");
  assert.equal(json.code, 1);
  assert.equal(
    JSON.parse(json.out).files.find((file: { name: string }) => file.name === "data/train.jsonl").state,
    "damaged",
  );
});

test("what is not there, is no export or cannot be read is a sentence", async () => {
  using place = createPlace();
  writeFileSync(place.path("text"), "hello");
  writeFileSync(place.path("packed.tar"), Buffer.from([0x1f, 0x8b, 8, 0]));
  const cases: [string, RegExp][] = [
    [place.path("none"), /There is no file or folder/],
    [place.path("text"), /no tar archive/],
    [place.path("packed.tar"), /compressed/],
  ];
  for (const [path, told] of cases) {
    const ran = await offline("models", "verify", path);
    assert.equal(ran.code, 1);
    assert.match(ran.err, told);
    assert.doesNotMatch(ran.err, /bug/);
  }
});

test("an archive that a server sends is never unpacked outside its folder, and a broken one leaves nothing", async () => {
  using place = createPlace();
  const whole = await archiveOf(tinyBundle());
  const cases: [Buffer, RegExp][] = [
    [await archiveOf(tinyBundle().set("../../escaped", Buffer.from("x"))), /leads out of its folder/],
    [await archiveOf(tinyBundle().set("escaped.sh", Buffer.from("x"))), /escaped\.sh.* is not part/],
    [await archiveOf(tinyBundle().set("metrics.csv", Buffer.from("x"))), /metrics\.csv is damaged/],
    [whole.subarray(0, 4000), /cut short/],
  ];
  for (const [bytes, told] of cases) {
    for (const form of [[], ["--tar"]]) {
      const run = createTestTerminal({ fetch: async () => new Response(new Uint8Array(bytes)) });
      const ran = await run(
        "models",
        "export",
        "ft:tiny-base:personal::Ab12Cd34",
        "-o",
        place.path("out"),
        ...form,
      );
      assert.equal(ran.code, 1);
      assert.match(ran.err, told);
      assert.deepEqual(place.names(), []);
    }
  }
});

test("Ctrl-C and a connection that breaks leave nothing behind", async () => {
  using place = createPlace();
  const whole = await archiveOf(tinyBundle());
  const interrupt = new AbortController();
  const body = (end: (controller: ReadableStreamDefaultController<Uint8Array>) => void) =>
    new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(whole.subarray(0, 3000)),
      pull: (controller) => new Promise((done) => setImmediate(() => done(end(controller)))),
    });
  const run = createTestTerminal({
    interrupt: interrupt.signal,
    fetch: async () =>
      new Response(
        body((controller) => {
          interrupt.abort();
          controller.error(interrupt.signal.reason);
        }),
      ),
  });
  const stopped = await run("models", "export", "ft:a:b::c", "-o", place.path("out"));
  assert.equal(stopped.code, 130);
  assert.match(stopped.err, /Interrupted\.\n$/);
  const broken = createTestTerminal({
    fetch: async () => new Response(body((controller) => controller.error(new TypeError("terminated")))),
  });
  const ran = await broken("models", "export", "ft:a:b::c", "-o", place.path("out"));
  assert.equal(ran.code, 1);
  assert.match(ran.err, /The export broke off: terminated/);
  assert.deepEqual(place.names(), []);
});

test("what the server refuses is told with the next command, and a form that is none before it is asked", async () => {
  await using app = await createBundleApp();
  const run = terminalOf(app);
  const unknown = await run("models", "export", "ft:tiny-base:personal::none1234");
  assert.match(unknown.err, /does not exist.*perennial models list/);
  assert.match(
    (await run("models", "export", "ft:a:b::c", "--merged", "onnx")).err,
    /--merged takes gguf or safetensors/,
  );
  using place = createPlace();
  await using without = await createBundleApp({ lacksBase: true });
  writeFileSync(place.path("a.tar"), await archiveOf(tinyBundle()));
  const lacking = await terminalOf(without)("models", "import", place.path("a.tar"));
  assert.match(lacking.err, /needs the base model tiny-base/);
});
