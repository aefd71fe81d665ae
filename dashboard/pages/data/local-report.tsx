import { Badge } from "../../ui/badge.tsx";
import { whole } from "../../ui/format.ts";
import { Progress } from "../../ui/progress.tsx";
import { ProblemList, useShown, Warnings } from "./check-report.tsx";
import type { LocalCheck } from "./check-stream.ts";

const rowsText = (count: number) => `${whole(count)} ${count === 1 ? "row" : "rows"}`;

/** What the check of a file in this browser has found so far. */
export function LocalReport({ check }: { readonly check: LocalCheck }) {
  const { shown, onMore } = useShown();
  const { report, isDone, readBytes, rows } = check;
  const { problem_count: count, bytes, warnings } = report;
  return (
    <div className="grid gap-3">
      {!isDone && (
        <Progress
          label={`Checking: ${rowsText(report.rows)} read`}
          done={bytes === 0 ? null : Math.min(1, readBytes / bytes)}
        />
      )}
      <p role="status" className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <Badge tone={count > 0 ? "bad" : isDone ? "good" : "plain"}>
          {count === 0 ? "No problem found" : `${whole(count)} ${count === 1 ? "problem" : "problems"}`}
        </Badge>
        <span className="text-soft">{isDone ? `in all ${rowsText(report.rows)}` : "so far"}</span>
      </p>
      {count > 0 && <ProblemList {...{ report, rows, shown, onMore }} />}
      {warnings.length > 0 && <Warnings warnings={warnings} />}
    </div>
  );
}
