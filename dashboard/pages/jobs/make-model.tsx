import { useState } from "react";
import type { FineTuningJob, JobCheckpoint } from "../../../contract/fine-tuning.ts";
import { useClient } from "../../session.tsx";
import { useAct } from "../../ui/act.ts";
import { Confirm } from "../../ui/confirm.tsx";
import { TextButton } from "../../ui/text-button.tsx";

type Props = {
  readonly job: FineTuningJob;
  readonly model: string;
  readonly checkpoint: JobCheckpoint;
};

/** The model's name goes over to another checkpoint, once its owner has said so twice. */
export function MakeModel({ job, model, checkpoint: { id, step_number: step } }: Props) {
  const { jobs } = useClient();
  const [isAsking, setAsking] = useState(false);
  const choose = useAct(() => jobs.chooseCheckpoint(job.id, id), {
    topic: "jobs",
    done: `The model now answers from step ${step}.`,
    onDone: () => setAsking(false),
  });
  return (
    <>
      <TextButton aria-label={`Make it the model: step ${step}`} onClick={() => setAsking(true)}>
        Make it the model
      </TextButton>
      {isAsking && (
        <Confirm
          title={`Make step ${step} the model?`}
          verb="Make it the model"
          isBusy={choose.isPending}
          onYes={() => choose.mutate(undefined)}
          onClose={() => setAsking(false)}
        >
          <p className="font-mono text-sm break-all">{model}</p>
          <p>
            Everybody who calls this name is answered by the checkpoint of step {step} from the next request
            on. The name, its dates and permissions stay.
          </p>
          <p>You can make any other checkpoint the model again, the last one among them.</p>
        </Confirm>
      )}
    </>
  );
}
