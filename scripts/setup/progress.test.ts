import assert from "node:assert/strict";
import { test } from "node:test";
import { createProgress } from "./progress.ts";

function createScreen(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, written, write: (text: string) => written.push(text) };
}

test("a stage says what it does and how long it took", async () => {
  const screen = createScreen(false);
  const times = [1000, 3500];
  const progress = createProgress(screen, () => times.shift() ?? 0);
  await progress.stage("Packages", "installing", async () => "there");
  assert.deepEqual(screen.written, ["· Packages: installing\n", "✓ Packages: there (2.5 s)\n"]);
});

test("a failed stage is not called done, and its error comes through", async () => {
  const screen = createScreen(false);
  const progress = createProgress(screen);
  const failing = progress.stage("Packages", "installing", () => Promise.reject(new Error("no disk")));
  await assert.rejects(failing, { message: "no disk" });
  assert.deepEqual(screen.written, ["· Packages: installing\n"]);
});

test("a terminal's moving line is cleared at the end, and its timer stopped", async () => {
  const screen = createScreen(true);
  await createProgress(screen).stage("Packages", "installing", async () => "there");
  assert.equal(screen.written.at(-1), "\r\x1b[2K");
});
