import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { createTrainerAbilities, runProgram } from "./trainer-abilities.ts";

const python = join(resolve(import.meta.dirname, "../.."), ".venv", "bin", "python");
const skip = existsSync(python) ? false : "no .venv";

/** Counts the programs that are run. */
function counting(program: string, hasDriver = false) {
  let count = 0;
  let now = 1000;
  const abilities = createTrainerAbilities({
    python: program,
    now: () => now,
    hasDriver: () => hasDriver,
    exitsWell: (...args) => {
      count += 1;
      return runProgram(...args);
    },
  });
  const pass = (seconds: number) => {
    now += seconds;
  };
  return { abilities, count: () => count, pass };
}

test("a package that is there is asked for once", { skip }, async () => {
  const { abilities, count, pass } = counting(python);
  const answers = await Promise.all([abilities.hasPackage("json"), abilities.hasPackage("json")]);
  pass(1000);
  assert.deepEqual([...answers, await abilities.hasPackage("json"), count()], [true, true, true, 1]);
});

test("a package that is missing is looked for again after a while, since it may be installed meanwhile", {
  skip,
}, async () => {
  const { abilities, count, pass } = counting(python);
  assert.equal(await abilities.hasPackage("no_such_package"), false);
  assert.equal(await abilities.hasPackage("no_such_package"), false);
  assert.equal(count(), 1);
  pass(31);
  assert.equal(await abilities.hasPackage("no_such_package"), false);
  assert.equal(count(), 2);
});

test("a Python that is not there can do nothing", async () => {
  const { abilities } = counting("/nowhere/python", true);
  assert.equal(await abilities.hasPackage("json"), false);
  assert.equal(await abilities.hasCuda(), false);
});

test("where there is no driver of a GPU, PyTorch is not asked for one", async () => {
  const { abilities, count } = counting(python);
  assert.equal(await abilities.hasCuda(), false);
  assert.equal(count(), 0);
});
