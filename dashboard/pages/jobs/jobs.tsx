import { Link } from "wouter";
import type { FineTuningJob } from "../../../contract/fine-tuning.ts";
import { useAddress } from "../../ui/address.ts";
import { StatusBadge } from "../../ui/badge.tsx";
import { LinkButton } from "../../ui/button.tsx";
import { Page } from "../../ui/card.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { Filters } from "../../ui/filters.tsx";
import { whole } from "../../ui/format.ts";
import { ModelName } from "../../ui/model-name.tsx";
import { Empty, Failed, Skeleton } from "../../ui/states.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { useUrlState } from "../../ui/url-state.ts";
import { useJobPages } from "./job-pages.ts";
import { nameOf, shownStatus } from "./status.ts";

const STATUSES = ["running", "queued", "paused", "succeeded", "failed", "cancelled"];

const isWanted = (job: FineTuningJob, text: string, status: string) =>
  (status === "" || shownStatus(job) === status) &&
  [job.id, job.model, job.fine_tuned_model, job.user_provided_suffix]
    .join(" ")
    .toLowerCase()
    .includes(text.toLowerCase());

const columns = (address: ReturnType<typeof useAddress>): readonly Column<FineTuningJob>[] => [
  { title: "Status", cell: (job) => <StatusBadge status={shownStatus(job)} />, width: "8.5rem" },
  {
    title: "Job",
    cell: (job) => (
      <Link href={address(`/jobs/${job.id}`)} className="text-accent hover:underline">
        <ModelName id={nameOf(job)} />
      </Link>
    ),
    width: "minmax(0, 2fr)",
  },
  { title: "Base model", cell: ({ model }) => model, isExtra: true },
  {
    title: "Trained tokens",
    cell: (job) => job.trained_tokens?.toLocaleString("en-US") ?? "–",
    isNumber: true,
    isExtra: true,
    width: "8rem",
  },
  { title: "Created", cell: (job) => <DateTime at={job.created_at} />, width: "13rem", isExtra: true },
];

function Found({ text, status }: { readonly text: string; readonly status: string }) {
  const address = useAddress();
  const isFiltered = text !== "" || status !== "";
  const { query, jobs, more, hasMore } = useJobPages(isFiltered);
  if (query.error) return <Failed error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Skeleton />;
  if (jobs.length === 0) return <NoJobs />;
  const rows = isFiltered ? jobs.filter((job) => isWanted(job, text, status)) : jobs;
  return (
    <>
      {isFiltered && (
        <p role="status" className="text-sm text-soft">
          {`${whole(rows.length)} of ${whole(jobs.length)} jobs${hasMore ? ", looking through the older ones…" : ""}`}
        </p>
      )}
      {rows.length === 0 && !hasMore && <Empty title="No job is like that." />}
      {rows.length > 0 && (
        <Table label="Jobs" columns={columns(address)} rows={rows} keyOf={({ id }) => id} onEnd={more} />
      )}
    </>
  );
}

const STATUS_OPTIONS = [["", "Every status"], ...STATUSES.map((one) => [one, one] as const)] as const;

const NoJobs = () => (
  <Empty title="No fine-tuning job yet" command="npx perennial jobs create --help">
    <p className="mb-3">
      Create one from a file of examples: here, with OpenAI's SDK, or at the command line.
    </p>
    <LinkButton kind="primary" href={useAddress()("/new")}>
      New fine-tune
    </LinkButton>
  </Empty>
);

export default function Jobs() {
  const [text, setText] = useUrlState("find");
  const [status, setStatus] = useUrlState("status");
  return (
    <Page title="Jobs">
      <Filters
        find={{
          label: "Find a job",
          placeholder: "Find by name, id or base",
          value: text,
          onChange: setText,
        }}
        pick={{ label: "Status", value: status, options: STATUS_OPTIONS, onChange: setStatus }}
      />
      <Found text={text} status={status} />
    </Page>
  );
}
