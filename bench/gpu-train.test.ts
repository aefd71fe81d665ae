import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { findPeakTflops, utilization } from "./gpu-train/peak.ts";

test("a card's peak is found by the name that its driver gives", () => {
  const cards: readonly (readonly [string, number | null])[] = [
    ["NVIDIA H100 80GB HBM3", 989],
    ["NVIDIA H100 PCIe", 756],
    ["NVIDIA H100 NVL", 835],
    ["NVIDIA H200", 989],
    ["NVIDIA A100-SXM4-80GB", 312],
    ["NVIDIA L40S", 362],
    ["NVIDIA GeForce RTX 4090", 165],
    ["NVIDIA L4", null],
    ["cpu", null],
  ];
  for (const [name, peak] of cards) assert.equal(findPeakTflops(name), peak, name);
});

test("a model of 8 billion weights at 15,000 tokens a second uses 49 % of an H100", () => {
  assert.equal(utilization({ parameters: 8.03e9, tokensPerSecond: 15_000 }, 989).toFixed(3), "0.487");
});

test("the benchmark runs with a tiny model, without a GPU too, and keeps nothing unasked", () => {
  const script = join(import.meta.dirname, "gpu-train.ts");
  const before = existsSync(join(import.meta.dirname, "results", "gpu-train.json"));
  const child = spawnSync(process.execPath, [script, "--tiny", "--compare", "--peak-tflops", "1"], {
    encoding: "utf8",
  });
  assert.equal(child.status, 0, child.stderr);
  assert.match(child.stdout, /^tokens a second +[\d,]+$/m);
  assert.match(child.stdout, /^MFU at 4·N +\d+\.\d %$/m);
  assert.match(child.stdout, /^with cudnn +\S/m);
  assert.match(child.stdout, /^peak memory +\d+\.\d GiB$/m);
  assert.equal(existsSync(join(import.meta.dirname, "results", "gpu-train.json")), before);
});
