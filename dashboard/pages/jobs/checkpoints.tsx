import { Link } from "wouter";
import type { FineTuningJob, JobCheckpoint } from "../../../contract/fine-tuning.ts";
import { useAddress } from "../../ui/address.ts";
import { Badge } from "../../ui/badge.tsx";
import { Card } from "../../ui/card.tsx";
import { CopyButton } from "../../ui/code.tsx";
import { figure } from "../../ui/format.ts";
import { QueryView } from "../../ui/states.tsx";
import { joinModels } from "../playground/setup.ts";
import { useCheckpoints } from "./checkpoint-query.ts";
import { MakeModel } from "./make-model.tsx";
import { isOver } from "./status.ts";

const losses = ({ metrics: { train_loss, full_valid_loss } }: JobCheckpoint) =>
  [
    train_loss === undefined ? "" : ` · loss ${figure(train_loss)}`,
    full_valid_loss === undefined ? "" : ` · validation ${figure(full_valid_loss)}`,
  ].join("");

function Checkpoint({ job, one }: { readonly job: FineTuningJob; readonly one: JobCheckpoint }) {
  const address = useAddress();
  const { step_number: step, fine_tuned_model_checkpoint: name } = one;
  return (
    <li className="grid gap-0.5">
      <span className="flex flex-wrap items-center justify-between gap-x-4">
        <span>
          Step {step}
          <span className="text-soft">{losses(one)}</span>
        </span>
        {one.is_model && <Badge tone="good">the model</Badge>}
        {one.is_deleted && <Badge tone="plain">deleted</Badge>}
        {job.fine_tuned_model !== null && !one.is_model && !one.is_deleted && (
          <MakeModel job={job} model={job.fine_tuned_model} checkpoint={one} />
        )}
      </span>
      <span className="flex min-w-0 items-center font-mono text-sm">
        <span className="truncate">{name}</span>
        <CopyButton text={name} />
        {!one.is_deleted && (
          <Link
            href={address("/playground", { models: joinModels([name]) })}
            aria-label={`Try step ${step}`}
            className="px-1.5 font-sans text-accent hover:underline"
          >
            Try
          </Link>
        )}
      </span>
    </li>
  );
}

export function Checkpoints({ job }: { readonly job: FineTuningJob }) {
  const found = useCheckpoints(job.id);
  return (
    <Card title="Checkpoints">
      <QueryView
        query={found}
        isEmpty={({ length }) => length === 0}
        empty={
          <p className="text-soft">
            {isOver(job)
              ? "None: the job ended before its first epoch had."
              : "One is kept at the end of each of the last three epochs."}
          </p>
        }
      >
        {(all) => (
          <ul className="grid gap-3">
            {all.map((one) => (
              <Checkpoint key={one.id} job={job} one={one} />
            ))}
          </ul>
        )}
      </QueryView>
    </Card>
  );
}
