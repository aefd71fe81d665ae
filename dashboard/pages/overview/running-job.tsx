import { Link } from "wouter";
import type { FineTuningJob } from "../../../contract/fine-tuning.ts";
import { useAddress } from "../../ui/address.ts";
import { StatusBadge } from "../../ui/badge.tsx";
import { duration, figure, whole } from "../../ui/format.ts";
import { Progress } from "../../ui/progress.tsx";
import { useMetrics } from "../jobs/metric-query.ts";
import { nameOf, shownStatus } from "../jobs/status.ts";
import { type Loss, lossOf, pathOf } from "./loss-line.ts";

const WIDTH = 160;
const HEIGHT = 36;

const LossLine = ({ loss }: { readonly loss: Loss }) => (
  <span className="flex items-center gap-3">
    <svg
      aria-hidden="true"
      viewBox={`-2 -2 ${WIDTH + 4} ${HEIGHT + 4}`}
      className="h-9 w-40 fill-none stroke-accent"
      strokeWidth="1.5"
    >
      <polyline points={pathOf(loss.points, WIDTH, HEIGHT)} />
    </svg>
    <span className="text-sm">
      <span className="text-soft">Loss </span>
      <span className="font-semibold tabular-nums">{figure(loss.last)}</span>
    </span>
  </span>
);

const leftOf = ({ estimated_finish: finish }: FineTuningJob): string =>
  finish === null ? "" : `, ${duration(finish - Date.now() / 1000)} left`;

function progressOf(job: FineTuningJob, step: number, total: number | null) {
  if (!total) return { label: "Getting ready", done: null };
  if (step >= total) return { label: "All steps are done; the model is being checked", done: null };
  return { label: `Step ${whole(step)} of ${whole(total)}${leftOf(job)}`, done: step / total };
}

/** A job at work: its loss as it comes, how far it is, and when it will be done. */
export function RunningJob({ job }: { readonly job: FineTuningJob }) {
  const address = useAddress();
  const metrics = useMetrics(job.id);
  const total = metrics.data?.total_steps ?? null;
  const step = metrics.data?.step.at(-1) ?? 0;
  const loss = metrics.data ? lossOf(metrics.data) : null;
  return (
    <li className="grid grid-cols-1 gap-2">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1">
        <span className="flex min-w-0 items-center gap-3">
          <StatusBadge status={shownStatus(job)} />
          <Link href={address(`/jobs/${job.id}`)} className="min-w-0 truncate text-accent hover:underline">
            {nameOf(job)}
          </Link>
        </span>
        {loss && <LossLine loss={loss} />}
      </div>
      {metrics.error && (
        <p role="alert" className="text-sm text-bad">
          {metrics.error.message}
        </p>
      )}
      <Progress {...progressOf(job, step, total)} />
    </li>
  );
}
