import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { lastLines, runOrExplain, runTool } from "./tool.ts";

const context = (signal = AbortSignal.timeout(20_000)) => ({ cwd: tmpdir(), env: process.env, signal });
const shell = (script: string) => ["-c", script];

test("what a tool prints comes back", async () => {
  assert.equal(await runTool("sh", shell("echo out; echo err >&2"), context()), "out\nerr\n");
});

test("a tool that fails is explained, with its own last lines", async () => {
  const failing = runOrExplain("It could not be made", "sh", shell("echo broken; exit 3"), context());
  await assert.rejects(failing, {
    name: "SetupProblem",
    message: "It could not be made: the tool's last lines are above.",
    log: ["broken"],
  });
});

test("a missing network is told from other failures", async () => {
  const script = "echo 'NewConnectionError: Temporary failure in name resolution'; exit 1";
  await assert.rejects(runOrExplain("It failed", "sh", shell(script), context()), {
    message: /the package index cannot be reached/,
  });
});

test("an interrupted tool is stopped, and is no failure of its own", async () => {
  const controller = new AbortController();
  const running = runOrExplain("It failed", "sleep", ["60"], context(controller.signal));
  controller.abort();
  await assert.rejects(running, { name: "AbortError" });
});

test("the last lines are the end of the output without pip's notes on folders", () => {
  const output = "one\n\nWARNING: Location 'file:///a/' is ignored: it is neither a file\ntwo\nthree\n";
  assert.deepEqual(lastLines(output), ["one", "two", "three"]);
  assert.deepEqual(lastLines(output, 1), ["three"]);
});
