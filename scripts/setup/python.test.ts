import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { explainMiss, findPython, isSupported, type Python, parseProbe, pythonCommands } from "./python.ts";

const python = (fields: Partial<Python>): Python => ({
  command: "python3",
  executable: "/usr/bin/python3",
  version: [3, 11, 2],
  hasVenv: true,
  ...fields,
});

/** A folder of tiny programs that print what a Python of that version prints. */
function withPythons(programs: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), "perennial-python-"));
  for (const [name, output] of Object.entries(programs)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${output ? `echo '${output}'` : "exit 1"}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  const context = { cwd: folder, env: { PATH: folder }, signal: AbortSignal.timeout(20_000) };
  return { folder, context, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

test("python3 is tried first, then the versions from the newest, then python", () => {
  assert.deepEqual(pythonCommands(undefined), [
    "python3",
    "python3.14",
    "python3.13",
    "python3.12",
    "python3.11",
    "python3.10",
    "python",
  ]);
});

test("the Python that the user named is the only one tried", () => {
  assert.deepEqual(pythonCommands("/opt/python"), ["/opt/python"]);
});

const versions = [
  [[2, 7, 18], false],
  [[3, 9, 18], false],
  [[3, 10, 0], true],
  [[3, 14, 3], true],
  [[3, 15, 0], false],
  [[4, 10, 0], false],
] as const;

for (const [version, expected] of versions) {
  test(`Python ${version.join(".")} is ${expected ? "taken" : "refused"}`, () => {
    assert.equal(isSupported(version), expected);
  });
}

test("a probe is read among warnings, and other output is no Python", () => {
  assert.deepEqual(parseProbe("python3", "warning: x\npython 3 12 1 0 /a folder/python3\n"), {
    command: "python3",
    executable: "/a folder/python3",
    version: [3, 12, 1],
    hasVenv: false,
  });
  assert.equal(parseProbe("python3", "pyenv: python3: command not found"), undefined);
});

test("the first Python that fits is found behind ones that do not", async () => {
  using pythons = withPythons({
    python3: "python 3 9 2 1 /old/python3",
    "python3.14": "",
    "python3.12": "python 3 12 4 0 /novenv/python3.12",
    "python3.10": "python 3 10 1 1 /good/python3.10",
  });
  const found = await findPython(undefined, pythons.context);
  assert.equal(found.executable, "/good/python3.10");
});

test("a Python without its venv module is refused by what to install", async () => {
  using pythons = withPythons({ python3: "python 3 12 4 0 /novenv/python3" });
  await assert.rejects(findPython(undefined, pythons.context), {
    name: "SetupProblem",
    message: /Python 3\.12\.4 without its venv/,
  });
  assert.match(explainMiss(undefined, [python({ hasVenv: false })], true), /apt install python3\.11-venv/);
  assert.doesNotMatch(explainMiss(undefined, [python({ hasVenv: false })], false), /apt/);
});

test("an old Python is refused by its version", async () => {
  using pythons = withPythons({ python3: "python 3 9 2 1 /old/python3" });
  await assert.rejects(findPython(undefined, pythons.context), {
    message:
      "python3 is Python 3.9.2, and Perennial needs Python 3.10 to 3.14; install one, or name it in PERENNIAL_PYTHON.",
  });
});

test("no Python at all is refused, and so is a name that does not run", async () => {
  using pythons = withPythons({});
  await assert.rejects(findPython(undefined, pythons.context), { message: /There is no python3 here/ });
  await assert.rejects(findPython("/nowhere/python", pythons.context), {
    message: /names \/nowhere\/python, which does not run/,
  });
});
