import assert from "node:assert/strict";
import { test } from "node:test";
import { ChildFailure, type Limits, readChildLines } from "./child-lines.ts";

/** Runs a script; every one of them prints its pid first, so that its end can be seen. */
async function run(script: string, limits: Partial<Limits> = {}, program = process.execPath) {
  const lines: string[] = [];
  const command = { program, args: ["-e", `console.log(process.pid); ${script}`], cwd: "/", env: {} };
  const given = { timeoutMs: 20_000, mostBytes: 10_000, ...limits };
  const outcome = await readChildLines(command, given, (line) => {
    if (line === "bad") throw new SyntaxError("no JSON");
    lines.push(line);
  }).then(
    () => "ended",
    (error: Error) => (error instanceof ChildFailure ? error.kind : error.message),
  );
  const [pid, ...rest] = lines;
  if (pid !== undefined) assert.throws(() => process.kill(Number(pid), 0), { code: "ESRCH" });
  return { outcome, lines: rest };
}

const FOREVER = "setInterval(() => {}, 1000);";

test("each line is handed over, the last one without a newline too", async () => {
  const { outcome, lines } = await run("process.stdout.write('a\\n\\u00e9\\nb')");
  assert.deepEqual([outcome, lines], ["ended", ["a", "é", "b"]]);
});

test("a program that takes too long, prints too much or prints rubbish is ended", async () => {
  assert.equal((await run(FOREVER, { timeoutMs: 300 })).outcome, "timeout");
  assert.equal((await run("for (;;) console.log('x'.repeat(1000));")).outcome, "output");
  assert.equal((await run(`console.log('bad'); ${FOREVER}`)).outcome, "output");
});

test("a program that fails says why, and one that is not there too", async () => {
  assert.equal((await run("process.exit(3)")).outcome, "exit");
  assert.equal((await run("", {}, "/no/such/program")).outcome, "exit");
  const command = { program: process.execPath, args: ["-e", "throw new Error('why')"], cwd: "/", env: {} };
  await assert.rejects(
    readChildLines(command, { timeoutMs: 20_000, mostBytes: 1000 }, () => {}),
    /why/,
  );
});

test("whoever asked may leave, before it starts or while it runs", async () => {
  const leaving = new AbortController();
  const running = run(`console.log('begun'); ${FOREVER}`, { signal: leaving.signal });
  setTimeout(() => leaving.abort(new Error("left")), 200);
  assert.equal((await running).outcome, "left");
  assert.equal((await run("", { signal: leaving.signal })).outcome, "left");
});
