import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { assertRoom, freeBytes } from "./disk.ts";

const gigabyte = 1024 ** 3;

test("enough room passes, too little is refused with both figures", () => {
  assertRoom("/checkout", 4, 4 * gigabyte);
  assert.throws(() => assertRoom("/checkout", 4, 3.25 * gigabyte), {
    name: "SetupProblem",
    message: "Set-up needs 4 GB of free disk and /checkout has 3.3 GB; make room and run this again.",
  });
});

test("a real folder's room is read", () => {
  assert.ok(freeBytes(tmpdir()) > 0);
});
