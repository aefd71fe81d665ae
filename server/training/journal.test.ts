import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import { JournalEvent, TrainingSpec } from "../../contract/training.ts";
import { followJournal } from "./journal.ts";

const folder = mkdtempSync(join(tmpdir(), "perennial-journal-"));
after(() => rmSync(folder, { recursive: true }));
let files = 0;
const newPath = () => join(folder, `journal-${files++}.jsonl`);

const heartbeat = (stage: string) => `${JSON.stringify({ type: "heartbeat", time: 1, stage })}\n`;
const never = new AbortController().signal;

async function stagesOf(
  path: string,
  offset: number,
  ended: Promise<unknown>,
): Promise<{ stages: string[]; to: number }> {
  const stages: string[] = [];
  let to = offset;
  for await (const found of followJournal(path, offset, ended, never)) {
    if (found.event.type === "heartbeat") stages.push(found.event.stage);
    to = found.to;
  }
  return { stages, to };
}

test("every event is read once, however the writes are cut", async () => {
  const cuts = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: "grapheme", maxLength: 8 }), { maxLength: 12 }),
      cuts,
      async (stages, sizes) => {
        const path = newPath();
        const bytes = Buffer.from(stages.map(heartbeat).join(""));
        const ended = Promise.withResolvers<void>();
        const reading = stagesOf(path, 0, ended.promise);
        let at = 0;
        for (const size of [...sizes, bytes.length]) {
          appendFileSync(path, bytes.subarray(at, at + size));
          at += size;
          await new Promise((next) => setImmediate(next));
        }
        ended.resolve();
        assert.deepEqual((await reading).stages, stages);
      },
    ),
    { numRuns: 40 },
  );
});

test("a folder that cannot be watched is read all the same", async () => {
  const path = join(folder, "later", "journal.jsonl");
  const ended = Promise.withResolvers<void>();
  const reading = stagesOf(path, 0, ended.promise);
  await new Promise((next) => setImmediate(next));
  mkdirSync(dirname(path));
  appendFileSync(path, heartbeat("one"));
  ended.resolve();
  assert.deepEqual((await reading).stages, ["one"]);
});

test("reading goes on at the offset that was remembered", async () => {
  const path = newPath();
  appendFileSync(path, heartbeat("one") + heartbeat("two"));
  const first = heartbeat("one").length;
  assert.deepEqual((await stagesOf(path, first, Promise.resolve())).stages, ["two"]);
});

test("half a line of a killed process, and lines that are no events, are passed over", async () => {
  const path = newPath();
  appendFileSync(
    path,
    `${heartbeat("one")}{"type":"heartb\nWarning: something\n{"type":"unknown","time":1}\n${heartbeat("two")}{"half`,
  );
  const { stages, to } = await stagesOf(path, 0, Promise.resolve());
  assert.deepEqual(stages, ["one", "two"]);
  assert.equal(to, readFileSync(path).lastIndexOf("\n") + 1);
});

test("a server that stops leaves the journal at once", async () => {
  const stop = new AbortController();
  const reading = (async () => {
    for await (const _event of followJournal(newPath(), 0, new Promise(() => {}), stop.signal));
  })();
  stop.abort();
  await reading;
});

test("the contract's fixtures fit its schemas", () => {
  const fixtures = resolve(import.meta.dirname, "../../contract/fixtures");
  TrainingSpec.parse(JSON.parse(readFileSync(join(fixtures, "spec.json"), "utf8")));
  const lines = readFileSync(join(fixtures, "journal.jsonl"), "utf8").trim().split("\n");
  for (const line of lines) JournalEvent.parse(JSON.parse(line));
});
