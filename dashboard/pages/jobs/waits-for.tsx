import type { FineTuningJob } from "../../../contract/fine-tuning.ts";
import { useSystem } from "../../common-queries.ts";
import { useEvents } from "./event-query.ts";
import { waitingFor } from "./waiting-for.ts";

const REFRESH_MS = 5000;

function Sentence({ job }: { readonly job: FineTuningJob }) {
  const events = useEvents(job.id);
  const system = useSystem(REFRESH_MS);
  const text = events.data && system.data && waitingFor(job, events.data, system.data.trainings);
  return text ? <p className="mt-3">{text}</p> : null;
}

/** What a job that has not begun waits for. */
export const WaitsFor = ({ job }: { readonly job: FineTuningJob }) =>
  ["validating_files", "queued"].includes(job.status) ? <Sentence job={job} /> : null;
