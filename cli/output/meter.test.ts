import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { barLine, createMeter, drawBar } from "./meter.ts";

function capture(isTTY: boolean) {
  const stream = Object.assign(new PassThrough(), {
    isTTY,
    columns: 60,
    cursorTo() {},
    moveCursor() {},
    clearLine() {},
    clearScreenDown() {},
  });
  const pieces: string[] = [];
  stream.on("data", (chunk) => pieces.push(String(chunk)));
  return { stream, text: () => pieces.join("") };
}

test("the bar is as full as the work is done", () => {
  assert.equal(drawBar(0, 4, 8), "░░░░░░░░");
  assert.equal(drawBar(1, 4, 8), "██░░░░░░");
  assert.equal(drawBar(5, 4, 8), "████████");
  assert.equal(drawBar(0, 0, 8), "░░░░░░░░");
});

test("the line fits the terminal", () => {
  for (const columns of [30, 40, 80, 200]) {
    assert.ok(barLine(30, 120, "step 30/120 · loss 1.23 · 1 min 20 s left", columns).length < columns);
  }
  assert.match(barLine(30, 120, "step 30/120", 80), /^█+░+ {2}25% step 30\/120$/);
});

test("without a terminal a line comes at every tenth", () => {
  const { stream, text } = capture(false);
  using meter = createMeter(stream);
  meter.say("started");
  for (let step = 1; step <= 40; step += 1) meter.update(step, 40, `step ${step}`);
  const lines = text().trimEnd().split("\n");
  assert.equal(lines[0], "started");
  assert.deepEqual(
    lines.slice(1).map((line) => line.trim().split(/\s+/)[0]),
    ["2%", "10%", "20%", "30%", "40%", "50%", "60%", "70%", "80%", "90%", "100%"],
  );
});

test("on a terminal what is said stays above the bar, and the bar ends full", () => {
  const { stream, text } = capture(true);
  {
    using meter = createMeter(stream);
    meter.say("queued");
    meter.update(1, 2, "step 1/2");
    meter.say("checkpoint created");
    meter.update(2, 2, "step 2/2");
  }
  assert.ok(text().startsWith("queued\n"));
  assert.match(text(), /checkpoint created\n/);
  assert.match(stripVTControlCharacters(text()), /100% step 2\/2\s*$/);
});
