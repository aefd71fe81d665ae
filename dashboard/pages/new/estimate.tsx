import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import type { JobEstimate } from "../../../contract/estimates.ts";
import type { CreateJob } from "../../../contract/fine-tuning.ts";
import { useClient } from "../../session.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Stat } from "../../ui/card.tsx";
import { bytes, duration, whole } from "../../ui/format.ts";
import { Progress } from "../../ui/progress.tsx";
import { Failed } from "../../ui/states.tsx";
import { useSettled } from "./use-settled.ts";

/** Longer than between two letters of a number: each estimate keeps a core busy for a while. */
const SETTLED_MS = 1_200;

/** The name that the model will have makes no difference. */
const keyOf = (request: CreateJob | null) =>
  request ? JSON.stringify({ ...request, suffix: undefined }) : "";

/** Of the job as it would be created now; asked for anew when a choice that matters has settled. */
export function useEstimate(request: CreateJob | null): UseQueryResult<JobEstimate> {
  const client = useClient();
  const now = keyOf(request);
  const key = useSettled(now, SETTLED_MS);
  return useQuery({
    queryKey: ["estimate", key],
    enabled: key !== "" && key === now,
    staleTime: "static",
    retry: false,
    queryFn: ({ signal }) => client.jobs.estimate(JSON.parse(key), signal),
  });
}

function Fits({ memory }: Pick<JobEstimate, "memory">) {
  const { fits, fits_now, total_bytes, available_bytes } = memory;
  const owner = memory.of === "gpu" ? "the GPU" : "this machine";
  if (!fits) return <Badge tone="bad">{`does not fit: ${owner} has ${bytes(total_bytes)}`}</Badge>;
  if (fits_now === false)
    return <Badge tone="warn">{`does not fit now: ${bytes(available_bytes ?? 0)} can be had`}</Badge>;
  return (
    <Badge tone="good">
      {available_bytes === null ? "fits" : `fits: ${bytes(available_bytes)} can be had`}
    </Badge>
  );
}

const PARTS = ["starting", "training", "validation", "checkpoints", "finishing"] as const;

const Parts = ({ seconds }: Pick<JobEstimate, "seconds">) => (
  <p className="text-sm text-soft">
    {PARTS.filter((part) => seconds[part] >= 0.5)
      .map((part) => `${part} ${duration(seconds[part])}`)
      .join(" · ")}
  </p>
);

function shareOf({ tokens }: JobEstimate) {
  const share = tokens.dataset_total === 0 ? 1 : tokens.computed_total / tokens.dataset_total;
  return share > 0.95 ? "" : `, ${Math.round(share * 100)} % computed`;
}

function Figures({ estimate }: { readonly estimate: JobEstimate }) {
  const { seconds, memory, steps, epochs, batch_size, examples, tokens, warnings } = estimate;
  return (
    <div className="grid gap-3">
      <dl className="flex flex-wrap gap-x-8 gap-y-3">
        <Stat label="Time, once it begins">{duration(seconds.total)}</Stat>
        <Stat label="Memory at its peak">{bytes(memory.peak_bytes)}</Stat>
        <Stat label="Trained tokens">{`${whole(tokens.dataset_total)}${shareOf(estimate)}`}</Stat>
        <Stat label="Steps">{whole(steps)}</Stat>
      </dl>
      <p>
        {`${epochs} ${epochs === 1 ? "epoch" : "epochs"} of ${whole(examples)} rows, ${whole(batch_size)} ${batch_size === 1 ? "row" : "rows"} a step.`}
      </p>
      <Parts seconds={seconds} />
      <Fits memory={memory} />
      {warnings.length > 0 && (
        <ul aria-label="What to know" className="grid gap-1">
          {warnings.map(({ code, file, message }) => (
            <li key={`${file} ${code}`} className="break-words">
              <span className="font-medium text-warn">!</span> {message}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

type Props = { readonly query: UseQueryResult<JobEstimate>; readonly isPossible: boolean };

export function Estimate({ query, isPossible }: Props) {
  if (!isPossible) return <p className="text-soft">It comes once the file and the choices are in order.</p>;
  if (query.data)
    return (
      <div className="grid justify-items-start gap-3" aria-live="polite">
        <Figures estimate={query.data} />
        <Button isBusy={query.isFetching} onClick={() => void query.refetch()}>
          Measure again
        </Button>
      </div>
    );
  if (query.error) return <Failed error={query.error} retry={() => void query.refetch()} />;
  return (
    <Progress label="Some of the job's own steps are timed; that takes about half a minute" done={null} />
  );
}
