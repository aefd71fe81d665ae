import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { ReplayAnswer, ReplayLine } from "../contract/replay.ts";
import { replay } from "./play.ts";
import { actors } from "./story.ts";

const yes = "200 200";
const closed = "403 200";
const gone = "403 404";
const modelGone = "200 404";

/** Who may create jobs, and whose model answers: every cell, in the order of the story's organizations. */
const expected: Readonly<Record<string, readonly string[]>> = {
  //                       never   quiet   active  before  after   except  nano
  "2026-05-01T13:00:00Z": [yes, yes, yes, yes, yes, yes, yes],
  "2026-05-06T23:59:59Z": [yes, yes, yes, yes, yes, yes, yes],
  "2026-05-07T00:00:00Z": [closed, yes, yes, yes, yes, yes, yes],
  "2026-07-01T23:59:59Z": [closed, yes, yes, yes, yes, yes, yes],
  "2026-07-02T00:00:00Z": [closed, closed, yes, closed, yes, yes, yes],
  "2026-07-02T00:00:01Z": [closed, closed, yes, closed, closed, yes, yes],
  "2026-10-14T00:00:00Z": [closed, closed, yes, closed, closed, yes, yes],
  "2026-10-22T23:59:59Z": [closed, closed, yes, closed, closed, yes, yes],
  "2026-10-23T00:00:00Z": [closed, closed, yes, closed, closed, yes, modelGone],
  "2026-12-09T09:00:00Z": [closed, closed, yes, closed, closed, yes, modelGone],
  "2026-12-09T09:00:01Z": [closed, closed, yes, closed, closed, yes, gone],
  "2027-01-05T23:59:59Z": [closed, closed, yes, closed, closed, yes, gone],
  "2027-01-06T00:00:00Z": [closed, closed, closed, closed, closed, yes, gone],
  "2027-01-09T23:59:59Z": [closed, closed, closed, closed, closed, yes, gone],
  "2027-01-10T00:00:00Z": [closed, closed, closed, closed, closed, closed, gone],
  "2027-01-13T23:59:59Z": [closed, closed, closed, closed, closed, closed, gone],
  "2027-01-14T00:00:00Z": [gone, gone, gone, gone, gone, gone, gone],
  "2027-02-01T00:00:00Z": [gone, gone, gone, gone, gone, gone, gone],
};

const refused: Readonly<Record<number, { code: string; message: RegExp }>> = {
  403: {
    code: "training_not_available",
    message:
      /^OpenAI is winding down the fine-tuning platform and your organization is no longer able to create new fine-tuning training jobs\.$/,
  },
  404: { code: "model_not_found", message: /^The model `.+` has been deprecated, learn more here: / },
};

function assertAnswer({ status, code, message }: ReplayAnswer): void {
  const error = refused[status];
  assert.equal(code, error?.code ?? null);
  if (error) assert.match(message ?? "", error.message);
}

const lines: ReplayLine[] = [];
const folder = mkdtempSync(join(tmpdir(), "perennial-replay-"));
before(() => replay(folder, (line) => lines.push(line)));
after(() => rmSync(folder, { recursive: true }));

test("OpenAI's wind-down, cell by cell, as the application answers it", () => {
  const moments = lines.flatMap((line) => (line.type === "moment" ? [line.moment] : []));
  const table = moments.map(({ at, answers }) => {
    const cells = actors.map(({ name }) => `${answers[name]?.create.status} ${answers[name]?.infer.status}`);
    return [at, cells];
  });
  assert.deepEqual(Object.fromEntries(table), expected);
  for (const { answers } of moments) {
    for (const { create, infer } of Object.values(answers)) {
      assertAnswer(create);
      assertAnswer(infer);
    }
  }
});

test("answers of a deprecated model say so, from its announcement on", () => {
  const saysSo = lines.flatMap((line) => {
    if (line.type !== "moment") return [];
    const { nano, active } = line.moment.answers;
    return [[line.moment.at.slice(0, 10), nano?.infer.sunset ?? null, active?.infer.sunset ?? null]];
  });
  const nanoEnds = "Fri, 23 Oct 2026 00:00:00 GMT";
  const miniEnds = "Thu, 14 Jan 2027 00:00:00 GMT";
  for (const [day = "", nano, mini] of saysSo) {
    if (day < "2026-10-23") assert.equal(nano, nanoEnds);
    if (day < "2027-01-14") assert.equal(mini, day < "2026-10-14" ? null : miniEnds);
  }
});
