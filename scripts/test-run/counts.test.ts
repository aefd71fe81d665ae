import assert from "node:assert/strict";
import { test } from "node:test";
import { addCounts, countsOfJunit, countsOfTap, formatCounts, noCounts, withExitCode } from "./counts.ts";

test("node's footer is read: a cancelled test failed, a test to do is skipped", () => {
  const tap =
    "# pass 99\nok 1 - # pass 98\n1..9\n# tests 9\n# suites 2\n# pass 4\n# fail 1\n# cancelled 2\n# skipped 1\n# todo 1\n";
  assert.deepEqual(countsOfTap(tap), { passed: 4, failed: 3, skipped: 2 });
});

test("pytest's head is read: an error failed", () => {
  const xml =
    '<?xml version="1.0"?><testsuites name="x"><testsuite name="pytest" errors="1" failures="2" skipped="3" tests="10" time="0.1">';
  assert.deepEqual(countsOfJunit(xml), { passed: 4, failed: 3, skipped: 3 });
});

test("a runner that died without a report is a failure", () => {
  assert.deepEqual(withExitCode(countsOfTap(""), 1), { passed: 0, failed: 1, skipped: 0 });
  assert.deepEqual(withExitCode({ passed: 3, failed: 2, skipped: 0 }, 1), {
    passed: 3,
    failed: 2,
    skipped: 0,
  });
  assert.deepEqual(withExitCode(noCounts, 0), noCounts);
});

test("the last line adds both runners", () => {
  const sum = addCounts({ passed: 1, failed: 2, skipped: 3 }, { passed: 10, failed: 20, skipped: 30 });
  assert.equal(formatCounts(sum), "11 passed, 22 failed, 33 skipped");
});
