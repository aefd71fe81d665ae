import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseTorch, lacksTorch, torchAttempts } from "./torch.ts";

const choices = [
  ["auto", "linux", false, "cpu"],
  ["auto", "linux", true, "default"],
  ["auto", "darwin", false, "default"],
  ["cpu", "linux", true, "cpu"],
  ["default", "linux", false, "default"],
] as const;

for (const [requested, platform, hasNvidia, expected] of choices) {
  const machine = `${platform} ${hasNvidia ? "with" : "without"} an NVIDIA GPU`;
  test(`PERENNIAL_TORCH=${requested} on ${machine} takes the ${expected} build`, () => {
    assert.equal(chooseTorch(requested, platform, hasNvidia), expected);
  });
}

test("an unknown PERENNIAL_TORCH is refused", () => {
  assert.throws(() => chooseTorch("cuda", "linux", true), { name: "SetupProblem", message: /auto, cpu or/ });
});

test("the CPU build is asked of the configured sources, then of PyTorch's index, and CUDA's of neither", () => {
  assert.deepEqual(torchAttempts("cpu", "torch==2.13.0"), [
    { requirement: "torch==2.13.0+cpu", options: [] },
    { requirement: "torch==2.13.0", options: ["--torch-backend=cpu"] },
  ]);
});

test("only a missing build of torch is worth another source", () => {
  const missing = `error: No solution found when resolving dependencies
  cause: Because there is no version of torch==2.13.0+cpu and you require torch==2.13.0+cpu, …`;
  assert.equal(lacksTorch(missing), true);
  assert.equal(lacksTorch("error: Failed to fetch: torch==2.13.0+cpu\n cause: dns error"), false);
  assert.equal(lacksTorch("error: No solution found\n cause: there is no version of peft==9"), false);
});
