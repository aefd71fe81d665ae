import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { FineTuningJob } from "../../../contract/fine-tuning.ts";
import { useClient } from "../../session.tsx";
import { Button } from "../../ui/button.tsx";
import { Confirm } from "../../ui/confirm.tsx";
import { useToast } from "../../ui/toast.tsx";
import { isOver } from "./status.ts";

type CancelProps = { readonly isBusy: boolean; readonly onYes: () => void };

function Cancel({ isBusy, onYes }: CancelProps) {
  const [isAsking, setAsking] = useState(false);
  return (
    <>
      <Button kind="danger" onClick={() => setAsking(true)}>
        Cancel
      </Button>
      {isAsking && (
        <Confirm
          title="Cancel this job?"
          verb="Cancel the job"
          isBusy={isBusy}
          onYes={onYes}
          onClose={() => setAsking(false)}
        >
          <p>
            Its training ends and cannot be resumed; checkpoints that it has made stay. To go on later, pause
            it.
          </p>
        </Confirm>
      )}
    </>
  );
}

/** What can be done with a job that goes on. */
export function Actions({ job }: { readonly job: FineTuningJob }) {
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
      <Cancel isBusy={act.isPending} onYes={() => act.mutate("cancel")} />
    </>
  );
}
