/** How fast does the trainer train a Llama of 8 billion weights on this machine's GPU, and in what memory? */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { findPeakTflops, utilization } from "./gpu-train/peak.ts";
import { keepResults } from "./machine.ts";

const { values } = parseArgs({
  options: {
    nf4: { type: "boolean", default: false },
    /** A model of half a million weights: does everything run? Without a GPU it does on the CPU. */
    tiny: { type: "boolean", default: false },
    tokens: { type: "string" },
    /** Rows a step. */
    batch: { type: "string", default: "4" },
    steps: { type: "string" },
    /** The card's peak at dense bfloat16, where its name is not known. */
    "peak-tflops": { type: "string" },
    /** The same steps with PyTorch's own causal kernels for attention, which only such rows can do with. */
    compare: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
  },
});

const Run = z.object({
  device: z.string(),
  torch: z.string(),
  precision: z.string(),
  attention: z.string(),
  warnings: z.array(z.string()),
  parameters: z.int(),
  token_budget: z.int(),
  tokens_a_step: z.int(),
  compile_seconds: z.number(),
  warm_up_seconds: z.array(z.number()),
  step_seconds: z.array(z.number()).min(1),
  peak_memory_bytes: z.int(),
  losses: z.array(z.number()),
  other_kernels: z.array(
    z.object({
      kernel: z.string(),
      gradients_from_flex: z.number().optional(),
      step_seconds: z.array(z.number()).optional(),
      error: z.string().optional(),
    }),
  ),
});
type Run = z.infer<typeof Run>;

const root = join(import.meta.dirname, "..");
const model = values.tiny ? "tiny" : "8b";
const quantization = values.nf4 ? "nf4" : "none";
const asked = {
  model,
  quantization,
  tokens: Number(values.tokens ?? (values.tiny ? 256 : 4096)),
  batch: Number(values.batch),
  warm_up: 2,
  steps: Number(values.steps ?? (values.tiny ? 2 : 10)),
  compare: values.compare,
};

function train(): Run {
  const script = join(import.meta.dirname, "gpu-train", "gpu_train.py");
  const env = { ...process.env, HF_HUB_OFFLINE: "1", PYTHONPATH: join(root, "trainer") };
  const child = spawnSync(join(root, ".venv", "bin", "python"), [script, JSON.stringify(asked)], {
    env,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (child.status !== 0) throw new Error(`${script} failed: ${child.signal ?? `exit ${child.status}`}`);
  return Run.parse(JSON.parse(child.stdout.trim().split("\n").at(-1) ?? ""));
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

function speed(run: Run, peak: number | null, stepSeconds: readonly number[]) {
  const tokensPerSecond = (run.tokens_a_step * stepSeconds.length) / sum(stepSeconds);
  const mfu = peak === null ? null : utilization({ parameters: run.parameters, tokensPerSecond }, peak);
  return { tokens_per_second: tokensPerSecond, mfu };
}

function report(run: Run) {
  const peak = values["peak-tflops"] ? Number(values["peak-tflops"]) : findPeakTflops(run.device);
  const others = run.other_kernels.map((other) => ({
    ...other,
    ...(other.step_seconds && speed(run, peak, other.step_seconds)),
  }));
  return {
    ...asked,
    ...run,
    peak_tflops: peak,
    ...speed(run, peak, run.step_seconds),
    other_kernels: others,
  };
}

const unknownPeak = "unknown: the card's peak is not in bench/gpu-train/peak.ts; give --peak-tflops";
const seconds = (value: number) => `${value.toFixed(1)} s`;

const percent = (mfu: number | null) => (mfu === null ? unknownPeak : `${(100 * mfu).toFixed(1)} %`);

function describeOther(other: ReturnType<typeof report>["other_kernels"][number]): string {
  if (other.tokens_per_second === undefined) return other.error ?? "not measured";
  const off = `gradients ${other.gradients_from_flex?.toFixed(4)} from FlexAttention's`;
  return `${Math.round(other.tokens_per_second).toLocaleString("en")} tokens a second, ${percent(other.mfu ?? null)}, ${off}`;
}

function rows(result: ReturnType<typeof report>): readonly (readonly [string, string])[] {
  return [
    [
      "device",
      `${result.device}, ${result.precision}, base ${quantization === "nf4" ? "in nf4" : "as it is"}`,
    ],
    ["attention", result.attention],
    ["weights", result.parameters.toLocaleString("en")],
    ["rows", `${result.batch} of ${result.tokens} tokens a step, ${result.token_budget} tokens at once`],
    ["tokens a second", Math.round(result.tokens_per_second).toLocaleString("en")],
    ["MFU at 4·N", percent(result.mfu)],
    ["peak memory", `${(result.peak_memory_bytes / 2 ** 30).toFixed(1)} GiB`],
    ["compiling", `${seconds(result.compile_seconds)}, warm-up ${seconds(sum(result.warm_up_seconds))}`],
    ...result.other_kernels.map((other) => [`with ${other.kernel}`, describeOther(other)] as const),
    ...result.warnings.map((warning) => ["warning", warning] as const),
  ];
}

const result = report(train());
for (const [name, value] of rows(result)) console.log(`${name.padEnd(16)} ${value}`);
if (values.write) keepResults("gpu-train", result);
