import type {
  DataCheck,
  DataProblem,
  DataWarning,
  FileReport,
  TokenSummary,
} from "../../contract/training-data.ts";
import { byteSize, linesText, printable, thousands } from "./words.ts";

const formats = {
  chat: "chat messages",
  completion: "prompt/completion pairs",
  preference: "preference pairs",
} as const;

const SHOWN_LINES = 100;

const many = (count: number, noun: string) => `${thousands(count)} ${noun}${count === 1 ? "" : "s"}`;

const shortened = (lines: string) =>
  lines.length > SHOWN_LINES ? `${lines.slice(0, lines.lastIndexOf(",", SHOWN_LINES))}, …` : lines;

/** What to do is said once, after the last of several problems that need the same. */
function problemText({ line, param, message, fix }: DataProblem, index: number, all: DataProblem[]): string {
  const where = line === null ? "file" : `line ${line}${param === "row" ? "" : `  ${param}`}`;
  return `  ${where}\n    ${message}\n${all[index + 1]?.fix === fix ? "" : `    ${fix}\n`}`;
}

function problemsText(report: FileReport, most: number): string {
  if (report.problem_count === 0) return "";
  const shown = report.problems.slice(0, most);
  const rest = report.problem_count - shown.length;
  const groups = report.problem_groups.map(
    ({ code, count, lines }) =>
      `  ${code}: ${many(count, "time")}${lines && `, ${linesText(shortened(lines))}`}\n`,
  );
  return [
    `\n${many(report.problem_count, "problem")}\n`,
    ...shown.map(problemText),
    ...(rest > 0 ? [`  … and ${thousands(rest)} more. All of them by kind:\n`, ...groups] : []),
  ].join("");
}

const warningText = ({ message, count, lines }: DataWarning): string =>
  `  ${message}\n${lines === "" ? "" : `    ${many(count, "row")}: ${shortened(lines)}\n`}`;

const warningsText = ({ warnings }: FileReport): string =>
  warnings.length === 0 ? "" : `\n${many(warnings.length, "warning")}\n${warnings.map(warningText).join("")}`;

function reportText(name: string, report: FileReport, most: number): string {
  const format = report.format === null ? "" : ` of ${formats[report.format]}`;
  const head = `${name}: ${many(report.rows, "row")}${format}, ${byteSize(report.bytes)}\n`;
  return head + problemsText(report, most) + warningsText(report);
}

export function tokensText({ over_context: over, ...tokens }: TokenSummary): string {
  const longest = tokens.longest_row;
  const cut =
    over.rows === 0
      ? `No row is longer than the context of ${thousands(tokens.context_length)}.`
      : `${many(over.rows, "row")} longer than the context of ${thousands(tokens.context_length)}: ${many(over.tokens_cut, "token")} cut at their ends (${linesText(shortened(over.lines.join(", ")))}).`;
  const lost =
    tokens.untaught_rows === 0
      ? ""
      : `  ${many(tokens.untaught_rows, "row")} of which nothing is learned: no part of an answer is left\n`;
  return [
    `\nTokens for ${tokens.model}\n`,
    `  ${thousands(tokens.tokens)} in ${many(tokens.rows - tokens.unreadable_rows, "row")}, of them ${thousands(tokens.trained_tokens)} trained on${tokens.is_complete ? "" : " (counted in part: the time ran out)"}\n`,
    tokens.unreadable_rows === 0
      ? ""
      : `  ${many(tokens.unreadable_rows, "row")} that the trainer cannot read, and so not counted: \`perennial files preview\` says why\n`,
    longest === null ? "" : `  longest row: ${many(longest.tokens, "token")}, line ${longest.line}\n`,
    `  ${cut}\n`,
    lost,
  ].join("");
}

type Names = { readonly training: string; readonly validation: string | null };

/** What a check found, for people; at most `most` problems of each file with their sentences. */
export function checkPage(check: DataCheck, names: Names, most: number): string {
  const validation = check.validation
    ? `\n${reportText(names.validation ?? "validation file", check.validation, most)}`
    : "";
  const tokens = check.tokens ? tokensText(check.tokens) : "";
  const verdict = check.passes ? `\nGood for a job with the method ${check.method}.\n` : "";
  return printable(reportText(names.training, check.training, most) + validation + tokens + verdict);
}
