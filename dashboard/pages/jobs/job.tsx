import { useQuery } from "@tanstack/react-query";
import type { FineTuningJob } from "../../../contract/fine-tuning.ts";
import { useClient } from "../../session.tsx";
import { Card, Page } from "../../ui/card.tsx";
import { QueryView } from "../../ui/states.tsx";
import { Actions } from "./actions.tsx";
import { AsServed } from "./as-served.tsx";
import { Checkpoints } from "./checkpoints.tsx";
import { CopyAs } from "./copy-as.tsx";
import { Curves } from "./curves.tsx";
import { Events } from "./events.tsx";
import { Facts } from "./facts.tsx";
import { Hyperparameters } from "./hyperparameters.tsx";
import { Outcome } from "./outcome.tsx";
import { Samples } from "./samples.tsx";
import { nameOf } from "./status.ts";
import { WaitsFor } from "./waits-for.tsx";

const Found = ({ job }: { readonly job: FineTuningJob }) => (
  <>
    <Card
      title={`${job.method.type === "dpo" ? "Preference tuning" : "Fine-tuning"} of ${job.model}`}
      actions={<CopyAs job={job} />}
    >
      <Facts job={job} />
      <WaitsFor job={job} />
      {job.error && (
        <p role="alert" className="mt-3 text-bad">
          {job.error.message}
        </p>
      )}
    </Card>
    <Curves job={job} />
    <div className="grid grid-cols-1 items-start gap-4 lg:grid-cols-2">
      <Hyperparameters job={job} />
      <Checkpoints job={job} />
    </div>
    <Samples job={job} />
    <AsServed id={job.id} />
    <Events id={job.id} />
  </>
);

const Buttons = ({ job }: { readonly job: FineTuningJob }) => (
  <>
    <Actions job={job} />
    <Outcome job={job} />
  </>
);

export default function Job({ id = "" }: Record<string, string>) {
  const client = useClient();
  const found = useQuery({ queryKey: ["jobs", id], queryFn: () => client.jobs.get(id) });
  const job = found.data;
  return (
    <Page title={job ? nameOf(job) : id} actions={job && <Buttons job={job} />}>
      <QueryView query={found}>{(job) => <Found job={job} />}</QueryView>
    </Page>
  );
}
