import { Link } from "wouter";
import type { FineTuningJob } from "../../../contract/fine-tuning.ts";
import { useAddress } from "../../ui/address.ts";
import { StatusBadge } from "../../ui/badge.tsx";
import { LinkButton } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { ModelName } from "../../ui/model-name.tsx";
import { Empty } from "../../ui/states.tsx";
import { nameOf, shownStatus } from "../jobs/status.ts";
import { MoreLink } from "./more-link.tsx";
import { RunningJob } from "./running-job.tsx";

/** More at once are a list to look at, not an overview. */
const MOST_RUNNING = 5;
const NEWEST = 6;

/** What somebody does who has done nothing yet. */
export const FirstStep = () => (
  <Empty
    title="Tune your first model"
    command="npx perennial jobs create --model smollm2-135m-instruct --file examples/bakery.jsonl"
  >
    <p className="mb-3">
      Drop a file of examples, see what is wrong with it and what it will take, and start. The command does
      the same.
    </p>
    <LinkButton kind="primary" href={useAddress()("/new")}>
      New fine-tune
    </LinkButton>
  </Empty>
);

const isRunning = ({ status }: FineTuningJob): boolean => status === "running";

export function RunningJobs({ jobs }: { readonly jobs: readonly FineTuningJob[] }) {
  const running = jobs.filter(isRunning);
  if (running.length === 0) return null;
  return (
    <Card title="In training">
      <ul className="grid grid-cols-1 gap-4">
        {running.slice(0, MOST_RUNNING).map((job) => (
          <RunningJob key={job.id} job={job} />
        ))}
      </ul>
      {running.length > MOST_RUNNING && (
        <p className="mt-3 text-sm text-soft">{`and ${running.length - MOST_RUNNING} more`}</p>
      )}
    </Card>
  );
}

export function NewestJobs({ jobs }: { readonly jobs: readonly FineTuningJob[] }) {
  const address = useAddress();
  return (
    <Card title="Newest jobs" actions={<MoreLink to="/jobs">All jobs</MoreLink>}>
      <ul className="grid grid-cols-1 gap-2">
        {jobs.slice(0, NEWEST).map((job) => (
          <li key={job.id} className="flex flex-wrap items-center gap-x-4">
            <StatusBadge status={shownStatus(job)} />
            <Link
              href={address(`/jobs/${job.id}`)}
              className="min-w-0 grow basis-40 truncate text-accent hover:underline"
            >
              <ModelName id={nameOf(job)} />
            </Link>
            <span className="text-sm text-soft">
              <DateTime at={job.created_at} />
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
