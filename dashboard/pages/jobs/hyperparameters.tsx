import type { FineTuningJob } from "../../../contract/fine-tuning.ts";
import { Card } from "../../ui/card.tsx";
import { figure } from "../../ui/format.ts";
import { labelOf } from "../new/hyperparameters.ts";

const shown = (value: unknown) =>
  Array.isArray(value) ? value.join(", ") : typeof value === "number" ? figure(value) : String(value);

/** What the training goes by; where the caller asked for "auto", that is said. */
export function Hyperparameters({ job }: { readonly job: FineTuningJob }) {
  const asked: Record<string, unknown> = job.hyperparameters;
  const rows = Object.entries(job.resolved_hyperparameters ?? job.hyperparameters);
  return (
    <Card title="Hyperparameters">
      <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-1">
        {rows.map(([name, value]) => (
          <div key={name} className="contents">
            <dt title={name} className="text-sm text-soft first-letter:uppercase">
              {labelOf(name)}
            </dt>
            <dd className="tabular-nums">
              {shown(value)}
              {asked[name] === "auto" && value !== "auto" && (
                <span className="text-sm text-soft"> (auto)</span>
              )}
            </dd>
          </div>
        ))}
        <dt className="text-sm text-soft">Seed</dt>
        <dd>{job.seed}</dd>
      </dl>
    </Card>
  );
}
