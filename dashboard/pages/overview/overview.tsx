import { useQuery } from "@tanstack/react-query";
import { take } from "../../../client/pages.ts";
import { useClient } from "../../session.tsx";
import { Page } from "../../ui/card.tsx";
import { QueryView } from "../../ui/states.tsx";
import { EndingModels } from "./ending-models.tsx";
import { FirstStep, NewestJobs, RunningJobs } from "./jobs.tsx";
import { Machine } from "./machine.tsx";
import { RecentRequests } from "./recent-requests.tsx";

/** A job at work is among them, however many wait behind it. */
const ASKED = 100;

export default function Overview() {
  const client = useClient();
  const jobs = useQuery({ queryKey: ["jobs", "first"], queryFn: () => take(client.jobs.list(), ASKED) });
  return (
    <Page title="Overview">
      <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-2">
        <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
          <QueryView query={jobs} isEmpty={({ length }) => length === 0} empty={<FirstStep />}>
            {(all) => (
              <>
                <RunningJobs jobs={all} />
                <NewestJobs jobs={all} />
              </>
            )}
          </QueryView>
        </div>
        <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
          <EndingModels />
          <Machine />
        </div>
      </div>
      <RecentRequests />
    </Page>
  );
}
