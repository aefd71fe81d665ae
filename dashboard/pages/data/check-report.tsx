import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { DataProblem, DataWarning, FileReport } from "../../../contract/training-data.ts";
import { useClient } from "../../session.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { bytes, whole } from "../../ui/format.ts";
import { findLines, positionIn } from "./find-lines.ts";
import { locate, type Span } from "./locate.ts";
import { RowText } from "./row-text.tsx";
import { shortLines } from "./short-lines.ts";

const FIRST = 5;

function useRows(id: string, lines: readonly number[]) {
  const client = useClient();
  return useQuery({
    queryKey: ["rows", id, lines],
    enabled: lines.length > 0,
    staleTime: "static",
    queryFn: async () => findLines(await client.files.content(id), lines),
  });
}

/** Text that is no JSON has no places with names, but the parser says where it ends to be JSON. */
function faultIn({ code, message, param }: DataProblem, row: string): Span | null {
  const at = code === "invalid_jsonl" ? positionIn(message) : null;
  if (at !== null) return { start: at, end: at + 1 };
  return param === null ? null : locate(row, param, { withKey: code === "extra_key" });
}

const Problem = ({ problem, row }: { readonly problem: DataProblem; readonly row: string | undefined }) => (
  <li className="grid gap-1">
    <p className="wrap-anywhere">
      <span className="font-medium text-bad">
        {problem.line === null ? "The file" : `Line ${problem.line}`}
      </span>
      {problem.param !== null && problem.param !== "row" && (
        <span className="font-mono text-sm text-soft"> {problem.param}</span>
      )}
      : {problem.message}
    </p>
    <p className="text-sm text-soft">{problem.fix}</p>
    {row !== undefined && <RowText text={row} span={faultIn(problem, row)} />}
  </li>
);

/** How many there are of each kind; where each is alone, the problems themselves say all of it. */
const Groups = ({ groups }: { readonly groups: FileReport["problem_groups"] }) => (
  <ul aria-label="Kinds of problems" className="grid gap-1 border-b border-line pb-3">
    {groups.map(({ code, count, lines, fix }) => (
      <li key={code} className="wrap-anywhere">
        <span className="font-medium">{`${whole(count)} × ${code.replaceAll("_", " ")}`}</span>
        {lines !== "" && <span className="text-soft">{` in line ${shortLines(lines)}`}</span>}: {fix}
      </li>
    ))}
  </ul>
);

type ListProps = {
  readonly report: Pick<FileReport, "problems" | "problem_count" | "problem_groups">;
  /** The text of lines, as far as it is known. */
  readonly rows: ReadonlyMap<number, string> | undefined;
  readonly shown: number;
  readonly onMore: () => void;
};

/** Problems by line, each with its row and the fault marked. */
export const ProblemList = ({ report, rows, shown, onMore }: ListProps) => (
  <div className="grid gap-3">
    {report.problem_count > report.problem_groups.length && report.problem_groups.length > 0 && (
      <Groups groups={report.problem_groups} />
    )}
    <ol aria-label="Problems" className="grid gap-4">
      {report.problems.slice(0, shown).map((problem) => (
        <Problem
          key={`${problem.line} ${problem.param} ${problem.code}`}
          problem={problem}
          row={problem.line === null ? undefined : rows?.get(problem.line)}
        />
      ))}
    </ol>
    {report.problems.length <= shown && report.problem_count > report.problems.length && (
      <p className="text-soft">{`Listed are the first ${whole(report.problems.length)}.`}</p>
    )}
    {report.problems.length > shown && (
      <div>
        <Button onClick={onMore}>{`Show more of ${whole(report.problem_count)} problems`}</Button>
      </div>
    )}
  </div>
);

export function useShown() {
  const [shown, setShown] = useState(FIRST);
  return { shown, onMore: () => setShown(shown + 20) };
}

function Problems({ id, report }: { readonly id: string; readonly report: FileReport }) {
  const { shown, onMore } = useShown();
  const lines = report.problems.slice(0, shown).flatMap(({ line }) => (line === null ? [] : [line]));
  const rows = useRows(id, lines);
  return <ProblemList {...{ report, shown, onMore }} rows={rows.data} />;
}

export const Warnings = ({ warnings }: { readonly warnings: readonly DataWarning[] }) => (
  <ul aria-label="Warnings" className="grid gap-1.5">
    {warnings.map(({ code, message, count, lines }) => (
      <li key={code} className="wrap-anywhere">
        <span className="font-medium text-warn">! {code.replaceAll("_", " ")}</span>
        <span className="text-soft">{` (${whole(count)}${lines === "" ? "" : `, line ${shortLines(lines)}`})`}</span>
        : {message}
      </li>
    ))}
  </ul>
);

type Props = { readonly id: string; readonly report: FileReport; readonly passes: boolean };

/** All that is wrong with a training file, by line, with what to do. */
export function CheckReport({ id, report, passes }: Props) {
  const { problem_count, rows, format, warnings } = report;
  return (
    <div className="grid gap-3">
      <p role="status" className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <Badge tone={problem_count > 0 || !passes ? "bad" : warnings.length > 0 ? "warn" : "good"}>
          {problem_count > 0
            ? `${whole(problem_count)} ${problem_count === 1 ? "problem" : "problems"}`
            : passes
              ? "Ready to train on"
              : "No job can use it as it is"}
        </Badge>
        <span className="text-soft">
          {`${whole(rows)} ${format ?? ""} ${rows === 1 ? "row" : "rows"}, ${bytes(report.bytes)}`}
        </span>
      </p>
      {problem_count > 0 && <Problems id={id} report={report} />}
      {warnings.length > 0 && <Warnings warnings={warnings} />}
    </div>
  );
}
