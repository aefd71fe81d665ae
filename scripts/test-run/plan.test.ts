import assert from "node:assert/strict";
import { test } from "node:test";
import { parseTestOptions, planTests } from "./plan.ts";

const paths = [
  "test/recovery/kill.test.ts",
  "trainer/tests/test_dataset.py",
  "server/files/files.test.ts",
  "cli/output.test.ts",
];

test("cheap tests come first, whole-product files run one at a time", () => {
  assert.deepEqual(
    planTests(paths, []).map(({ name, concurrency }) => [name, concurrency]),
    [
      ["beside the code", 2],
      ["trainer", 1],
      ["whole product", 1],
    ],
  );
});

test("a filter keeps the files whose path holds it, and no empty group", () => {
  assert.deepEqual(planTests(paths, ["server/"]), [
    { name: "beside the code", runner: "node", files: ["server/files/files.test.ts"], concurrency: 2 },
  ]);
  assert.deepEqual(planTests(paths, ["nothing"]), []);
});

test("slow files run when a filter names them, and only then", () => {
  const slow = ["test/slow/estimate.test.ts", "trainer/tests/slow/test_against_trl.py"];
  const filesOf = (only: readonly string[]) =>
    planTests([...paths, ...slow], only).flatMap(({ files }) => files);
  assert.deepEqual(filesOf([]), filesOf(["/"]));
  assert.deepEqual(filesOf(["trainer"]), ["trainer/tests/test_dataset.py"]);
  assert.deepEqual(filesOf(["slow"]).toSorted(), slow);
  assert.deepEqual(filesOf(["trainer/tests/slow"]), ["trainer/tests/slow/test_against_trl.py"]);
});

test("filters come as --only or bare, and the check can be left out", () => {
  assert.deepEqual(parseTestOptions(["--only", "server", "recovery", "--skip-check"]), {
    only: ["server", "recovery"],
    skipCheck: true,
  });
  assert.deepEqual(parseTestOptions([]), { only: [], skipCheck: false });
  assert.throws(() => parseTestOptions(["--onyl", "server"]));
});
