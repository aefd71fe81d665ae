import type { JobError } from "../contract/fine-tuning.ts";
import type { DataProblem, FileReport } from "../contract/training-data.ts";

export type FileParam = "training_file" | "validation_file";

const MIN_EXAMPLES = 10;
const NAMED_RANGES = 20;

const kind = (param: FileParam) => (param === "training_file" ? "training" : "validation");

function withLine({ line, message, fix }: DataProblem): string {
  if (line === null || message.includes(`(line ${line}`)) return `${message} ${fix}`;
  return `${message.replace(/\.$/, "")} (line ${line}). ${fix}`;
}

/** Names every other line at fault, so that a file is mended in one go. */
function others({ problem_count: count, problem_groups: groups }: FileReport): string {
  if (count < 2) return "";
  const named = groups.map(({ code, count: many, lines }) => {
    const ranges = lines.split(", ");
    const shown = ranges.slice(0, NAMED_RANGES).join(", ");
    const noun = /^\d+$/.test(lines) ? "line" : "lines";
    return `${code} ×${many}${lines === "" ? "" : ` (${noun} ${shown}${ranges.length > NAMED_RANGES ? ", …" : ""})`}`;
  });
  return ` ${count} problems in all: ${named.join("; ")}.`;
}

function rowsError(param: FileParam, report: FileReport): JobError | null {
  const [first] = report.problems;
  if (!first) return null;
  const text = `The job failed due to an invalid ${kind(param)} file. Invalid file format. ${withLine(first)}`;
  return { code: `invalid_${param}`, message: text + others(report), param };
}

/** That a file has too few rows; null: it has enough. */
export function countError(param: FileParam, { rows }: FileReport): JobError | null {
  const least = param === "training_file" ? MIN_EXAMPLES : 1;
  if (rows >= least) return null;
  const name = param === "training_file" ? "Training" : "Validation";
  const text = `${name} file has ${rows} example(s), but must have at least ${least} examples`;
  return { code: "invalid_n_examples", message: text, param };
}

/** Why a job cannot train on this file, in OpenAI's words; null: it can. */
export function fileError(param: FileParam, report: FileReport): JobError | null {
  const inRows = rowsError(param, report);
  const inCount = countError(param, report);
  if (!inRows || !inCount) return inRows ?? inCount;
  return { ...inRows, message: `${inRows.message} ${inCount.message}.` };
}
