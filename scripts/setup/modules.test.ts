import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";

const here = import.meta.dirname;

function createCheckout(files: Readonly<Record<string, string>>) {
  const root = mkdtempSync(join(tmpdir(), "perennial-checkout-"));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return { root, [Symbol.dispose]: () => rmSync(root, { recursive: true }) };
}

/** Plain JavaScript is called as its users do, by another process. */
function evaluate(module: string, source: string, root: string) {
  const code = `import * as it from ${JSON.stringify(join(here, module))}; const root = ${JSON.stringify(root)}; ${source}`;
  return spawnSync(process.execPath, ["--input-type=module", "--eval", code], { encoding: "utf8" });
}

const lock = (packages: object) => JSON.stringify({ packages });
const installed = {
  "package-lock.json": lock({
    "": { name: "perennial" },
    "node_modules/a": { integrity: "one" },
    "node_modules/other-platform": { integrity: "two", optional: true },
  }),
  "node_modules/.package-lock.json": lock({ "node_modules/a": { integrity: "one" } }),
  "node_modules/a/package.json": "{}",
  "node_modules/node/bin/node": "",
};

const states = [
  ["all there", {}, true],
  [
    "another version",
    { "node_modules/.package-lock.json": lock({ "node_modules/a": { integrity: "old" } }) },
    false,
  ],
  ["a new package", { "package-lock.json": lock({ "node_modules/b": { integrity: "three" } }) }, false],
  ["an interrupted install", { "node_modules/.package-lock.json": undefined }, false],
  ["a package removed by hand", { "node_modules/a/package.json": undefined }, false],
  ["no Node 26", { "node_modules/node/bin/node": undefined }, false],
] as const;

for (const [name, change, expected] of states) {
  test(`npm packages with ${name} are ${expected ? "current" : "installed again"}`, () => {
    const files: Record<string, string | undefined> = { ...installed, ...change };
    const present = Object.entries(files).flatMap(([path, text]) =>
      text === undefined ? [] : [[path, text]],
    );
    using checkout = createCheckout(Object.fromEntries(present));
    const { stdout } = evaluate("modules.mjs", "console.log(it.modulesAreCurrent(root))", checkout.root);
    assert.equal(stdout.trim(), String(expected));
  });
}

test("a lock that a dead process left is taken over, and released at the end", () => {
  const dead = spawnSync(process.execPath, ["--eval", ""]).pid;
  using checkout = createCheckout({ "data/setup.lock": String(dead) });
  const source = "await it.withSetupLock(root, undefined, async () => console.log('ran'))";
  const { stdout } = evaluate("setup-lock.mjs", source, checkout.root);
  assert.equal(stdout.trim(), "ran");
  assert.equal(existsSync(join(checkout.root, "data/setup.lock")), false);
});

test("a second set-up waits for the first", async () => {
  using checkout = createCheckout({ "data/setup.lock": String(process.pid) });
  const code = `import { withSetupLock } from ${JSON.stringify(join(here, "setup-lock.mjs"))};
    await withSetupLock(${JSON.stringify(checkout.root)}, undefined, async () => console.log("ran"));`;
  const second = spawn(process.execPath, ["--input-type=module", "--eval", code]);
  const output: string[] = [];
  second.stdout.on("data", (chunk) => output.push(String(chunk)));
  await once(second.stderr, "data");
  assert.deepEqual(output, []);
  rmSync(join(checkout.root, "data/setup.lock"));
  await once(second, "close");
  assert.deepEqual(output, ["ran\n"]);
});
