import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { take } from "../../../client/pages.ts";
import { useClient } from "../../session.tsx";
import { useAddress } from "../../ui/address.ts";
import { StatusBadge } from "../../ui/badge.tsx";
import { Card, Page, Stat } from "../../ui/card.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { bytes, duration } from "../../ui/format.ts";
import { Empty, QueryView } from "../../ui/states.tsx";
import { shownStatus } from "../jobs/status.ts";
import { daysLeft } from "../models/model-facts.ts";

const REFRESH_MS = 5_000;

function Machine() {
  const client = useClient();
  const system = useQuery({
    queryKey: ["system"],
    queryFn: () => client.system.get(),
    refetchInterval: REFRESH_MS,
  });
  return (
    <Card title="This machine">
      <QueryView query={system}>
        {({ memory, disk, trainings, engines, requests, uptime_seconds, version }) => (
          <>
            <dl className="flex flex-wrap gap-x-8 gap-y-3">
              <Stat label="Memory available">
                {memory.available_bytes === null ? "–" : bytes(memory.available_bytes)}
              </Stat>
              <Stat label="Disk free">{disk ? bytes(disk.free_bytes) : "–"}</Stat>
              <Stat label="Trainings">{`${trainings.running} running, ${trainings.waiting} waiting`}</Stat>
              <Stat label="Requests">{`${requests.reduce((sum, { working }) => sum + working, 0)} at work, ${requests.reduce((sum, { waiting }) => sum + waiting, 0)} waiting`}</Stat>
              <Stat label="Up">{duration(uptime_seconds)}</Stat>
              <Stat label="Version">{version}</Stat>
            </dl>
            <ul className="mt-3 grid gap-1 text-sm text-soft">
              {engines.map(({ base, pid, adapters, memory_bytes }) => (
                <li key={pid}>
                  Engine of {base}: {adapters} adapters{memory_bytes !== null && `, ${bytes(memory_bytes)}`}
                </li>
              ))}
              {engines.length === 0 && <li>No engine runs; the first request starts one.</li>}
            </ul>
          </>
        )}
      </QueryView>
    </Card>
  );
}

function NewestJobs() {
  const client = useClient();
  const address = useAddress();
  const jobs = useQuery({ queryKey: ["jobs", "first"], queryFn: () => take(client.jobs.list(), 6) });
  return (
    <Card title="Newest jobs">
      <QueryView
        query={jobs}
        isEmpty={({ length }) => length === 0}
        empty={<Empty title="No job yet" command="npm run demo" />}
      >
        {(all) => (
          <ul className="grid gap-2">
            {all.map((job) => (
              <li key={job.id} className="flex flex-wrap items-center gap-x-4">
                <StatusBadge status={shownStatus(job)} />
                <Link
                  href={address(`/jobs/${job.id}`)}
                  className="min-w-0 grow truncate text-accent hover:underline"
                >
                  {job.fine_tuned_model ?? job.user_provided_suffix ?? job.id}
                </Link>
                <span className="text-sm text-soft">
                  <DateTime at={job.created_at} />
                </span>
              </li>
            ))}
          </ul>
        )}
      </QueryView>
    </Card>
  );
}

function EndingModels() {
  const client = useClient();
  const models = useQuery({ queryKey: ["models"], queryFn: () => client.models.list() });
  return (
    <Card title="Models that end">
      <QueryView query={models}>
        {(all) => {
          const ending = all
            .filter(({ shutdown_date }) => shutdown_date)
            .toSorted((a, b) => ((a.shutdown_date ?? "") < (b.shutdown_date ?? "") ? -1 : 1));
          if (ending.length === 0) return <p className="text-soft">No model has a last day.</p>;
          return (
            <ul className="grid gap-1.5">
              {ending.map(({ id, shutdown_date }) => {
                const days = daysLeft(shutdown_date, Date.now()) ?? 0;
                return (
                  <li key={id} className="flex flex-wrap justify-between gap-x-4">
                    <span className="min-w-0 truncate">{id}</span>
                    <span className={days <= 30 ? "text-warn" : "text-soft"}>
                      {days > 0 ? `${days} days left` : "ended"}, {shutdown_date}
                    </span>
                  </li>
                );
              })}
            </ul>
          );
        }}
      </QueryView>
    </Card>
  );
}

export default function Overview() {
  return (
    <Page title="Overview">
      <NewestJobs />
      <EndingModels />
      <Machine />
    </Page>
  );
}
