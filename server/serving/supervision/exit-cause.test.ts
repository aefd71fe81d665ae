import assert from "node:assert/strict";
import { test } from "node:test";
import { exitCause } from "./exit-cause.ts";

const cases: [code: number | null, signal: string | null, reason: string, isOwnCrash: boolean][] = [
  [null, "SIGSEGV", "was ended by SIGSEGV", true],
  [null, "SIGABRT", "was ended by SIGABRT", true],
  [null, "SIGKILL", "was ended by SIGKILL", false],
  [null, "SIGTERM", "was ended by SIGTERM", false],
  [139, null, "was ended by SIGSEGV", true],
  [137, null, "was ended by SIGKILL", false],
  [1, null, "exited with code 1", true],
  [127, null, "exited with code 127", true],
  [0, null, "exited with code 0", false],
];
for (const [code, signal, reason, isOwnCrash] of cases) {
  test(`code ${code} and signal ${signal}: ${reason}`, () => {
    assert.deepEqual(exitCause(code, signal), { reason, isOwnCrash });
  });
}
