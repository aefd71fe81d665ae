import type { EstimateWarning, JobEstimate } from "../../contract/estimates.ts";
import { type Fact, renderFacts } from "./table.ts";
import { byteSize, duration, linesText, printable, thousands } from "./words.ts";

const counted = (count: number, noun: string) => `${thousands(count)} ${noun}${count === 1 ? "" : "s"}`;

function stepsOf({ steps, epochs, batch_size: batch }: JobEstimate): string {
  return `${thousands(steps)} (${counted(epochs, "epoch")}, batch size ${batch})`;
}

function tokensOf({ tokens, sampled }: JobEstimate): Fact[] {
  const about = sampled.examples === null ? "" : "about ";
  const share = Math.round((100 * tokens.computed_total) / Math.max(1, tokens.dataset_total));
  return [
    ["trained tokens", `${about}${thousands(tokens.dataset_total)}`],
    [
      "computed tokens",
      `about ${thousands(tokens.computed_total)} (${share}%), as rows share their beginnings`,
    ],
  ];
}

function timesOf({ seconds }: JobEstimate): Fact[] {
  const parts = [
    ["starting", seconds.starting],
    ["training", seconds.training],
    ["validation", seconds.validation],
    ["checkpoints", seconds.checkpoints],
    ["finishing", seconds.finishing],
  ] as const;
  return [
    ["time", duration(seconds.total)],
    ...parts.filter(([, value]) => value > 0).map(([name, value]): Fact => [`  ${name}`, duration(value)]),
  ];
}

function fitOf({ memory }: JobEstimate): string {
  const owner = memory.of === "gpu" ? "the GPU's" : "this machine's";
  if (!memory.fits) return `does not fit into ${owner} ${byteSize(memory.total_bytes)}`;
  if (memory.available_bytes === null) return `of ${byteSize(memory.total_bytes)}`;
  const now = `${byteSize(memory.available_bytes)} of ${byteSize(memory.total_bytes)} can be had now`;
  return memory.fits_now ? now : `it would wait: ${now}`;
}

function warningOf({ file, message, lines }: EstimateWarning): string {
  const where = file === null ? "" : `${file.replace("_", " ")}: `;
  return `! ${where}${message}${lines === "" ? "" : ` (${linesText(lines)})`}`;
}

/** What a job will take, for people. */
export function estimatePage(estimate: JobEstimate): string {
  const { memory, warnings, validation_examples: validation } = estimate;
  const facts: Fact[] = [
    ["model", estimate.model],
    [
      "rows",
      thousands(estimate.examples) + (validation > 0 ? `, and ${thousands(validation)} to validate` : ""),
    ],
    ["steps", stepsOf(estimate)],
    ...tokensOf(estimate),
    ...timesOf(estimate),
    ["memory", `${byteSize(memory.peak_bytes)} at its peak; ${fitOf(estimate)}`],
  ];
  const told = warnings.map((warning) => `${printable(warningOf(warning))}\n`).join("");
  return renderFacts(facts) + (told && `\n${told}`);
}
