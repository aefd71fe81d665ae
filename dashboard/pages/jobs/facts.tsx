import type { FineTuningJob } from "../../../contract/fine-tuning.ts";
import { StatusBadge } from "../../ui/badge.tsx";
import { Stat } from "../../ui/card.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { duration, whole } from "../../ui/format.ts";
import { isOver, shownStatus } from "./status.ts";

const now = () => Date.now() / 1000;
const more = (seconds: number) => (seconds < 1 ? "a moment more" : `${duration(seconds)} more`);

export function Facts({ job }: { readonly job: FineTuningJob }) {
  const took = (job.finished_at ?? now()) - job.created_at;
  return (
    <dl className="flex flex-wrap gap-x-8 gap-y-3">
      <Stat label="Status">
        <StatusBadge status={shownStatus(job)} />
      </Stat>
      <Stat label="Created">
        <DateTime at={job.created_at} />
      </Stat>
      <Stat label={isOver(job) ? "Took" : "So far"}>{duration(took)}</Stat>
      {job.estimated_finish !== null && !isOver(job) && (
        <Stat label="Expected to take">{more(job.estimated_finish - now())}</Stat>
      )}
      <Stat label="Trained tokens">{job.trained_tokens === null ? "–" : whole(job.trained_tokens)}</Stat>
    </dl>
  );
}
