import assert from "node:assert/strict";
import { test } from "node:test";
import { nearlyTooLong, tooLong } from "./check/file-size.ts";
import { defaultExports, forbiddenImports, importCycles, importsOf } from "./check/imports.ts";

const file = (path: string, ...lines: string[]) => ({ path, text: lines.join("\n") });
const importing = (from: string, to: string) =>
  file(from, `import { a } from ${JSON.stringify(`${"../".repeat(from.split("/").length - 1)}${to}`)};`);

const forbidden = [
  ["server/platform/http.ts", "server/files/files.ts"],
  ["server/lifecycle/dates.ts", "server/config.ts"],
  ["server/fine-tuning/jobs.ts", "server/training/trainer.ts"],
  ["server/chat/prompt.ts", "server/scheduler/queue.ts"],
  ["server/database/open.ts", "server/platform/clock.ts"],
  ["server/gadgets/gadget.ts", "server/platform/clock.ts"],
  ["server/main.ts", "server/gadgets/gadget.ts"],
  ["server/files/files.ts", "client/client.ts"],
  ["server/files/files.ts", "scripts/setup.ts"],
  ["server/files/files.ts", "server/files/files.test.ts"],
  ["contract/files.ts", "server/platform/ids.ts"],
  ["client/client.ts", "cli/output.ts"],
  ["cli/main.ts", "server/config.ts"],
  ["training-data/check-file.ts", "server/files/files.ts"],
  ["training-data/check-file.ts", "cli/main.ts"],
  ["client/client.ts", "training-data/check-file.ts"],
  ["dashboard/pages/jobs.tsx", "server/fine-tuning/job.ts"],
] as const;

for (const [from, to] of forbidden) {
  test(`${from} may not import ${to}`, () => {
    assert.equal(forbiddenImports([importing(from, to)]).length, 1);
  });
}

const allowed = [
  ["server/main.ts", "server/app.ts"],
  ["server/main.ts", "server/scheduler/scheduler.ts"],
  ["server/scheduler/scheduler.ts", "server/training/trainer.ts"],
  ["server/scheduler/scheduler.ts", "server/platform/clock.ts"],
  ["server/files/file-store.ts", "server/files/file.ts"],
  ["server/files/file.ts", "contract/files.ts"],
  ["server/files/files.test.ts", "server/app.ts"],
  ["cli/main.ts", "client/client.ts"],
  ["cli/main.ts", "contract/files.ts"],
  ["cli/main.ts", "training-data/check-file.ts"],
  ["server/files/files.ts", "training-data/jsonl.ts"],
  ["training-data/check-file.ts", "contract/files.ts"],
  ["dashboard/pages/jobs.tsx", "dashboard/ui/table.tsx"],
  ["dashboard/pages/data/check-stream.ts", "training-data/check-rows.ts"],
  ["test/compat/sdk.test.ts", "server/main.ts"],
  ["bench/start.ts", "server/main.ts"],
  ["examples/chat.ts", "client/client.ts"],
  ["scripts/demo.ts", "server/config.ts"],
] as const;

for (const [from, to] of allowed) {
  test(`${from} may import ${to}`, () => {
    assert.deepEqual(forbiddenImports([importing(from, to)]), []);
  });
}

test("every form of import is seen, packages and comments are passed over", () => {
  const found = importsOf(
    file(
      "server/a/a.ts",
      'import { z } from "zod";',
      'import { one } from "./one.ts";',
      'import type { Two } from "./two.ts";',
      "import {",
      "  three,",
      '} from "../b/three.ts";',
      'export { four } from "./four.ts";',
      'import "./five.ts";',
      'const six = await import("./six.ts");',
      '// import { no } from "./no.ts";',
      '/* import { no } from "./no.ts"; */',
      'const pattern = "**/*.ts";',
    ),
  );
  assert.deepEqual(
    found.map(({ to, isTypeOnly }) => [to, isTypeOnly]),
    [
      ["server/a/one.ts", false],
      ["server/a/two.ts", true],
      ["server/b/three.ts", false],
      ["server/a/four.ts", false],
      ["server/a/five.ts", false],
      ["server/a/six.ts", false],
    ],
  );
});

test("a circle of imports is told from end to end", () => {
  const cycles = importCycles([
    file("server/a.ts", 'import { b } from "./b.ts";'),
    file("server/b.ts", 'import { c } from "./c.ts";'),
    file("server/c.ts", 'import { a } from "./a.ts";'),
  ]);
  assert.deepEqual(cycles, ["import cycle: server/a.ts → server/b.ts → server/c.ts → server/a.ts"]);
});

test("types and two ways to one file close no circle", () => {
  const cycles = importCycles([
    file("server/a.ts", 'import { b } from "./b.ts";', 'import { c } from "./c.ts";'),
    file("server/b.ts", 'import { c } from "./c.ts";'),
    file("server/c.ts", 'import type { a } from "./a.ts";'),
  ]);
  assert.deepEqual(cycles, []);
});

test("default exports are for configuration files and the dashboard's pages", () => {
  assert.equal(defaultExports([file("server/a.ts", "export default {};")]).length, 1);
  assert.equal(defaultExports([file("server/a.ts", "const a = 1;", "export { a as default };")]).length, 1);
  assert.deepEqual(defaultExports([file("dashboard/vite.config.ts", "export default {};")]), []);
  assert.deepEqual(defaultExports([file("dashboard/pages/a/a.tsx", "export default function A() {}")]), []);
  assert.equal(defaultExports([file("dashboard/ui/a.tsx", "export default function A() {}")]).length, 1);
  assert.deepEqual(defaultExports([file("server/a.ts", "export const a = 1;")]), []);
});

test("a file warns past 250 lines and fails past 300", () => {
  const ofLength = (count: number) => [
    { path: `trainer/${count}.py`, text: Array(count).fill("x = 1\n").join("") },
  ];
  assert.equal(nearlyTooLong(ofLength(250)).length, 0);
  assert.equal(nearlyTooLong(ofLength(251)).length, 1);
  assert.equal(nearlyTooLong(ofLength(301)).length, 0);
  assert.equal(tooLong(ofLength(300)).length, 0);
  assert.equal(tooLong(ofLength(301)).length, 1);
});
