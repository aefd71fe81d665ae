import { useMutation, useQuery } from "@tanstack/react-query";
import type { FineTuningJob } from "../../../contract/fine-tuning.ts";
import { useClient } from "../../session.tsx";
import { Button } from "../../ui/button.tsx";
import { Card, Page } from "../../ui/card.tsx";
import { QueryView } from "../../ui/states.tsx";
import { useToast } from "../../ui/toast.tsx";
import { AsServed } from "./as-served.tsx";
import { Checkpoints } from "./checkpoints.tsx";
import { CopyAs } from "./copy-as.tsx";
import { Curves } from "./curves.tsx";
import { Events } from "./events.tsx";
import { Facts } from "./facts.tsx";
import { Hyperparameters } from "./hyperparameters.tsx";
import { Outcome } from "./outcome.tsx";
import { Samples } from "./samples.tsx";
import { isOver, nameOf } from "./status.ts";

function Actions({ job }: { readonly job: FineTuningJob }) {
  const { jobs } = useClient();
  const tell = useToast();
  const act = useMutation({
    mutationFn: (what: "pause" | "resume" | "cancel") => jobs[what](job.id),
    onError: (error) => tell(error.message, true),
  });
  if (isOver(job)) return null;
  const isPaused = job.paused_at !== null;
  return (
    <>
      <Button isBusy={act.isPending} onClick={() => act.mutate(isPaused ? "resume" : "pause")}>
        {isPaused ? "Resume" : "Pause"}
      </Button>
      <Button kind="danger" isBusy={act.isPending} onClick={() => act.mutate("cancel")}>
        Cancel
      </Button>
    </>
  );
}

export default function Job({ id = "" }: Record<string, string>) {
  const client = useClient();
  const found = useQuery({ queryKey: ["jobs", id], queryFn: () => client.jobs.get(id) });
  return (
    <QueryView query={found}>
      {(job) => (
        <Page
          title={nameOf(job)}
          actions={
            <>
              <Actions job={job} />
              <Outcome job={job} />
            </>
          }
        >
          <Card
            title={`${job.method.type === "dpo" ? "Preference tuning" : "Fine-tuning"} of ${job.model}`}
            actions={<CopyAs job={job} />}
          >
            <Facts job={job} />
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
          <AsServed id={id} />
          <Events id={id} />
        </Page>
      )}
    </QueryView>
  );
}
