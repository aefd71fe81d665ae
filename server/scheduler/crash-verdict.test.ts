import assert from "node:assert/strict";
import { test } from "node:test";
import { crashError, faultError } from "./crash-verdict.ts";

const crashes: [reason: string, lastWords: string[], code: string, says: RegExp][] = [
  [
    "exit code 70",
    ["ValueError: what"],
    "server_error",
    /stopped unexpectedly more than 3 times.*exit code 70/,
  ],
  ["exit code 0", [], "server_error", /exit code 0/],
  ["it said nothing for 60 s and was killed", [], "server_error", /said nothing for 60 s/],
  ["exit code 70", ["OSError: [Errno 28] No space left on device"], "disk_full", /Free some space/],
  ["it could not be started: spawn /x/python ENOENT", [], "trainer_unavailable", /npm run setup/],
  ["it could not be started: spawn /x/python EACCES", [], "trainer_unavailable", /PERENNIAL_TRAINER_PYTHON/],
  ["exit code 1", ["No module named trainer"], "trainer_unavailable", /lacks a package/],
  ["signal SIGKILL", [], "out_of_memory", /lack of memory.*PERENNIAL_TRAININGS/],
  ["signal SIGSEGV", [], "server_error", /SIGSEGV/],
];
for (const [reason, lastWords, code, says] of crashes) {
  test(`a trainer that ends with "${reason}" and "${lastWords.join()}" again and again is ${code}`, () => {
    const error = crashError({ reason, lastWords });
    assert.deepEqual([error.code, error.param], [code, null]);
    assert.match(error.message, says);
  });
}

const faults: [unknown, string, RegExp][] = [
  [new Error("ENOSPC: no space left on device, write"), "disk_full", /disk is full/],
  [new Error("database or disk is full"), "disk_full", /disk is full/],
  [new Error("no engine"), "server_error", /internal error: no engine\. The server's log says more\./],
  [new Error("The engine is gone."), "server_error", /: The engine is gone\. The server's log says more\.$/],
  ["text", "server_error", /text/],
];
for (const [cause, code, says] of faults) {
  test(`a step of ours that fails with "${cause}" again and again is ${code}`, () => {
    const error = faultError(cause);
    assert.equal(error.code, code);
    assert.match(error.message, says);
  });
}
