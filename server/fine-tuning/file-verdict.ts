import type { JobError } from "../../contract/fine-tuning.ts";

type Problem = { readonly line: number; readonly message: string };
type Check = {
  readonly examples: number;
  readonly problems: readonly Problem[];
  readonly problemCount: number;
};
type Param = "training_file" | "validation_file";

const MIN_EXAMPLES = 10;
const NAMED_LINES = 20;

const kind = (param: Param) => (param === "training_file" ? "training" : "validation");

const withLine = ({ line, message }: Problem) =>
  message.includes(`(line ${line}`) ? message : `${message.replace(/\.$/, "")} (line ${line}).`;

/** Names the other lines at fault, so that a file is mended in one go. */
function others({ problems, problemCount }: Check): string {
  if (problemCount < 2) return "";
  const lines = problems.slice(1, NAMED_LINES + 1).map(({ line }) => line);
  const more = problemCount - 1 > lines.length ? ", …" : "";
  return ` ${problemCount} lines have problems in all; the others: ${lines.join(", ")}${more}.`;
}

function rowsError(param: Param, check: Check): JobError | null {
  const [first] = check.problems;
  if (!first) return null;
  const text = `The job failed due to an invalid ${kind(param)} file. Invalid file format. ${withLine(first)}`;
  return { code: `invalid_${param}`, message: text + others(check), param };
}

function countError(param: Param, { examples }: Check): JobError | null {
  const least = param === "training_file" ? MIN_EXAMPLES : 1;
  if (examples >= least) return null;
  const name = param === "training_file" ? "Training" : "Validation";
  const text = `${name} file has ${examples} example(s), but must have at least ${least} examples`;
  return { code: "invalid_n_examples", message: text, param };
}

/** Why a job cannot train on this file, in OpenAI's words; null: it can. */
export const fileError = (param: Param, check: Check): JobError | null =>
  rowsError(param, check) ?? countError(param, check);
