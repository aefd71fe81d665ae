import { useQuery, useQueryClient } from "@tanstack/react-query";
import type { FineTuningJob } from "../../../contract/fine-tuning.ts";
import type { JobMetrics, MetricName } from "../../../contract/job-metrics.ts";
import { useClient } from "../../session.tsx";
import { Card } from "../../ui/card.tsx";
import { Chart, type Series } from "../../ui/chart.tsx";
import { Select } from "../../ui/field.tsx";
import { collect } from "../../ui/list.ts";
import { QueryView } from "../../ui/states.tsx";
import { useUrlState } from "../../ui/url-state.ts";
import { addMetrics } from "./add-metrics.ts";

const CHARTS: readonly (readonly [string, readonly MetricName[]])[] = [
  ["Loss", ["train_loss", "valid_loss", "full_valid_loss"]],
  [
    "Accuracy of tokens",
    ["train_mean_token_accuracy", "valid_mean_token_accuracy", "full_valid_mean_token_accuracy"],
  ],
  ["Reward", ["train_preferred_reward", "train_non_preferred_reward"]],
  ["Tokens a second", ["tokens_per_second"]],
];

/** All steps of a job; when it is asked for again, only those that are new. */
function useMetrics(id: string) {
  const client = useClient();
  const queries = useQueryClient();
  const queryKey = ["jobs", id, "metrics"];
  return useQuery({
    queryKey,
    enabled: id !== "",
    queryFn: async ({ signal }) => {
      let known = queries.getQueryData<JobMetrics>(queryKey);
      for (;;) {
        const page = await client.jobs.metrics(id, known ? { after: known.last } : {}, signal);
        known = known ? addMetrics(known, page) : page;
        if (!page.has_more) return known;
      }
    },
  });
}

const wordsOf = (name: string) =>
  name.replaceAll("_", " ").replace("full valid", "whole validation").replace("valid ", "validation ");

/** Of two jobs on one axis: the steps of both, each line empty where its job has none. */
function seriesOf(
  names: readonly MetricName[],
  metrics: JobMetrics,
  other: JobMetrics | undefined,
): Series[] {
  const lines = names.flatMap((name) => {
    const values = metrics.metrics[name];
    return values ? [{ name: wordsOf(name), values }] : [];
  });
  const compared = names.flatMap((name) => {
    const values = other?.metrics[name];
    if (!other || !values) return [];
    const at = new Map(other.step.map((step, index) => [step, values[index] ?? null]));
    return [{ name: `${wordsOf(name)}, compared`, values: metrics.step.map((step) => at.get(step) ?? null) }];
  });
  return [...lines, ...compared];
}

function CompareWith({ id, other, onPick }: { id: string; other: string; onPick: (id: string) => void }) {
  const client = useClient();
  const jobs = useQuery({ queryKey: ["jobs", "all"], queryFn: () => collect(client.jobs.list()) });
  return (
    <Select
      aria-label="Compare with"
      value={other}
      onChange={(event) => onPick(event.target.value)}
      className="max-w-64"
    >
      <option value="">Compare with…</option>
      {jobs.data?.flatMap((job) =>
        job.id === id ? (
          []
        ) : (
          <option key={job.id} value={job.id}>
            {job.fine_tuned_model ?? job.id}
          </option>
        ),
      )}
    </Select>
  );
}

export function Curves({ job }: { readonly job: FineTuningJob }) {
  const [axis, setAxis] = useUrlState("axis", "step");
  const [other, setOther] = useUrlState("compare");
  const found = useMetrics(job.id);
  const compared = useMetrics(other);
  return (
    <Card
      title="Curves"
      actions={
        <div className="flex flex-wrap gap-2">
          <Select
            aria-label="Horizontal axis"
            value={axis}
            onChange={(event) => setAxis(event.target.value)}
            className="max-w-32"
          >
            <option value="step">by step</option>
            <option value="time">by time</option>
          </Select>
          <CompareWith id={job.id} other={other} onPick={setOther} />
        </div>
      }
    >
      <QueryView
        query={found}
        isEmpty={({ step }) => step.length === 0}
        empty={<p className="text-soft">They begin with the first step.</p>}
      >
        {(metrics) => (
          <div className="grid gap-6 lg:grid-cols-2">
            {CHARTS.map(([title, names]) => {
              const series = seriesOf(names, metrics, compared.data);
              if (series.length === 0) return null;
              const x = axis === "time" ? metrics.created_at : metrics.step;
              return (
                <div key={title} className="min-w-0">
                  <h3 className="mb-1 text-sm font-medium">{title}</h3>
                  <Chart label={title} xName={axis} x={x} series={series} isTime={axis === "time"} />
                </div>
              );
            })}
          </div>
        )}
      </QueryView>
    </Card>
  );
}
