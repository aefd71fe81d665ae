import { useMemo } from "react";
import type { FineTuningJob } from "../../../contract/fine-tuning.ts";
import type { JobMetrics, MetricName } from "../../../contract/job-metrics.ts";
import { Card } from "../../ui/card.tsx";
import { Chart, type Series } from "../../ui/chart.tsx";
import { Select } from "../../ui/field.tsx";
import { duration } from "../../ui/format.ts";
import { QueryView } from "../../ui/states.tsx";
import { useUrlState } from "../../ui/url-state.ts";
import { AXES, type Axis, axisIn, placesOf } from "./axis.ts";
import { CompareWith } from "./compare-with.tsx";
import { useMetrics } from "./metric-query.ts";
import { isOver } from "./status.ts";

const CHARTS: readonly (readonly [string, readonly MetricName[]])[] = [
  ["Loss", ["train_loss", "valid_loss", "full_valid_loss"]],
  [
    "Accuracy of tokens",
    ["train_mean_token_accuracy", "valid_mean_token_accuracy", "full_valid_mean_token_accuracy"],
  ],
  ["Reward", ["train_preferred_reward", "train_non_preferred_reward"]],
  ["Tokens a second", ["tokens_per_second"]],
];

const NAMES: Record<Axis, string> = { step: "step", time: "time since the first step", tokens: "tokens" };

/** What a line is called in its chart, whose title says the rest. */
const wordsOf = (name: MetricName): string => {
  if (name === "train_preferred_reward") return "preferred answers";
  if (name === "train_non_preferred_reward") return "the other answers";
  if (name.startsWith("full_valid")) return "validation, all rows";
  if (name.startsWith("valid")) return "validation";
  return name.startsWith("train") ? "training" : name.replaceAll("_", " ");
};

function linesOf(names: readonly MetricName[], metrics: JobMetrics, axis: Axis, more = ""): Series[] {
  const x = placesOf(metrics, axis);
  if (x === null) return [];
  return names.flatMap((name) => {
    const values = metrics.metrics[name];
    return values ? [{ name: `${wordsOf(name)}${more}`, values, x }] : [];
  });
}

type ChartProps = {
  readonly title: string;
  readonly names: readonly MetricName[];
  readonly metrics: JobMetrics;
  readonly other: JobMetrics | undefined;
  readonly axis: Axis;
};

const NO_PLACES: readonly number[] = [];

/** Each job's steps stand at their own places, so that two jobs lie over each other. */
function MetricChart({ title, names, metrics, other, axis }: ChartProps) {
  const series = useMemo(
    () => [...linesOf(names, metrics, axis), ...(other ? linesOf(names, other, axis, ", compared") : [])],
    [names, metrics, other, axis],
  );
  if (series.length === 0) return null;
  return (
    <div className="min-w-0">
      <h3 className="mb-1 text-sm font-medium">{title}</h3>
      <Chart
        label={title}
        xName={NAMES[axis]}
        x={NO_PLACES}
        series={series}
        {...(axis === "time" ? { xText: duration } : {})}
      />
    </div>
  );
}

type AxisProps = { readonly axis: Axis; readonly onPick: (axis: string) => void };
const AxisChoice = ({ axis, onPick }: AxisProps) => (
  <Select
    aria-label="Horizontal axis"
    value={axis}
    onChange={(event) => onPick(event.target.value)}
    className="!w-32"
  >
    {AXES.map((one) => (
      <option key={one} value={one}>{`by ${one}`}</option>
    ))}
  </Select>
);

/** A job of a time when steps did not tell their tokens. */
const LacksTokens = () => (
  <p className="mb-3 text-soft">A job whose steps do not tell their tokens is not shown by tokens.</p>
);

export function Curves({ job }: { readonly job: FineTuningJob }) {
  const [text, setAxis] = useUrlState("axis", "step");
  const [other, setOther] = useUrlState("compare");
  const axis = axisIn(text);
  const found = useMetrics(job.id);
  const compared = useMetrics(other);
  return (
    <Card
      title="Curves"
      actions={
        <div className="flex flex-wrap gap-2">
          <AxisChoice axis={axis} onPick={setAxis} />
          <CompareWith id={job.id} other={other} onPick={setOther} />
        </div>
      }
    >
      <QueryView
        query={found}
        isEmpty={({ step }) => step.length === 0}
        empty={
          <p className="text-soft">
            {isOver(job) ? "The job ended before its first step." : "They begin with the first step."}
          </p>
        }
      >
        {(metrics) => (
          <>
            {[metrics, compared.data].some((one) => one && placesOf(one, axis) === null) && <LacksTokens />}
            <div className="grid gap-6 lg:grid-cols-2">
              {CHARTS.map(([title, names]) => (
                <MetricChart
                  key={title}
                  title={title}
                  names={names}
                  metrics={metrics}
                  other={compared.data}
                  axis={axis}
                />
              ))}
            </div>
          </>
        )}
      </QueryView>
    </Card>
  );
}
