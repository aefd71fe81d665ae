import { useMutation, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link } from "wouter";
import type { FineTuningJob, JobEvent } from "../../../contract/fine-tuning.ts";
import { useClient } from "../../session.tsx";
import { modelPath, useAddress } from "../../ui/address.ts";
import { StatusBadge } from "../../ui/badge.tsx";
import { Button, LinkButton } from "../../ui/button.tsx";
import { Card, Page, Stat } from "../../ui/card.tsx";
import { CopyButton } from "../../ui/code.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { duration, figure, whole } from "../../ui/format.ts";
import { collect } from "../../ui/list.ts";
import { QueryView } from "../../ui/states.tsx";
import { useToast } from "../../ui/toast.tsx";
import { joinModels } from "../playground/setup.ts";
import { Curves } from "./curves.tsx";
import { shownStatus } from "./jobs.tsx";

const isOver = ({ status }: FineTuningJob) => ["succeeded", "failed", "cancelled"].includes(status);
const now = () => Date.now() / 1000;

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

/** What there is to do with a finished model. */
function Outcome({ job }: { readonly job: FineTuningJob }) {
  const address = useAddress();
  const { fine_tuned_model: model } = job;
  if (model === null) return null;
  const compared = joinModels([job.model, model]);
  return (
    <>
      <LinkButton href={address(modelPath(model))}>Its model</LinkButton>
      <LinkButton kind="primary" href={address("/playground", { models: compared })}>
        Compare with its base
      </LinkButton>
    </>
  );
}

function Facts({ job }: { readonly job: FineTuningJob }) {
  const took = (job.finished_at ?? now()) - job.created_at;
  return (
    <dl className="flex flex-wrap gap-x-8 gap-y-3">
      <Stat label="Status">
        <StatusBadge status={shownStatus(job)} />
      </Stat>
      <Stat label="Created">
        <DateTime at={job.created_at} />
      </Stat>
      <Stat label={isOver(job) ? "Took" : "So far"}>{duration(took)}</Stat>
      {job.estimated_finish !== null && !isOver(job) && (
        <Stat label="Expected to take">{`${duration(job.estimated_finish - now())} more`}</Stat>
      )}
      <Stat label="Trained tokens">{job.trained_tokens === null ? "–" : whole(job.trained_tokens)}</Stat>
    </dl>
  );
}

const shown = (value: unknown) =>
  Array.isArray(value) ? value.join(", ") : typeof value === "number" ? figure(value) : String(value);

/** What the training goes by; where the caller asked for "auto", that is said. */
function Hyperparameters({ job }: { readonly job: FineTuningJob }) {
  const asked: Record<string, unknown> = job.hyperparameters;
  const rows = Object.entries(job.resolved_hyperparameters ?? job.hyperparameters);
  return (
    <Card title="Hyperparameters">
      <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-1">
        {rows.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="font-mono text-sm text-soft">{name}</dt>
            <dd className="tabular-nums">
              {shown(value)}
              {asked[name] === "auto" && <span className="text-sm text-soft"> (auto)</span>}
            </dd>
          </div>
        ))}
        <dt className="font-mono text-sm text-soft">seed</dt>
        <dd>{job.seed}</dd>
      </dl>
    </Card>
  );
}

function Checkpoints({ id }: { readonly id: string }) {
  const client = useClient();
  const address = useAddress();
  const found = useQuery({
    queryKey: ["jobs", id, "checkpoints"],
    queryFn: () => collect(client.jobs.checkpoints(id)),
  });
  return (
    <Card title="Checkpoints">
      <QueryView
        query={found}
        isEmpty={({ length }) => length === 0}
        empty={<p className="text-soft">One is kept at the end of each of the last three epochs.</p>}
      >
        {(all) => (
          <ul className="grid gap-3">
            {all.map(({ id: key, step_number, fine_tuned_model_checkpoint: name, metrics }) => (
              <li key={key} className="grid gap-0.5">
                <span>
                  Step {step_number}
                  {metrics.train_loss !== undefined && (
                    <span className="text-soft"> · loss {figure(metrics.train_loss)}</span>
                  )}
                </span>
                <span className="flex min-w-0 items-center font-mono text-sm">
                  <span className="truncate">{name}</span>
                  <CopyButton text={name} />
                  <Link
                    href={address("/playground", { models: joinModels([name]) })}
                    aria-label={`Try step ${step_number}`}
                    className="px-1.5 font-sans text-accent hover:underline"
                  >
                    Try
                  </Link>
                </span>
              </li>
            ))}
          </ul>
        )}
      </QueryView>
    </Card>
  );
}

const levels: Record<JobEvent["level"], string> = { info: "", warn: "text-warn", error: "text-bad" };

function Events({ id }: { readonly id: string }) {
  const client = useClient();
  const found = useQuery({
    queryKey: ["jobs", id, "events"],
    queryFn: async () =>
      (await client.jobs.eventsSince(id, null)).filter(({ type }) => type === "message").reverse(),
  });
  return (
    <Card title="Events">
      <QueryView query={found}>
        {(events) => (
          <ol className="grid gap-1.5">
            {events.map(({ id: key, created_at, message, level }) => (
              <li key={key} className="grid gap-x-4 sm:grid-cols-[12rem_1fr]">
                <span className="text-soft">
                  <DateTime at={created_at} />
                </span>
                <span className={`break-words ${levels[level]}`}>
                  {level !== "info" && `${level}: `}
                  {message}
                </span>
              </li>
            ))}
          </ol>
        )}
      </QueryView>
    </Card>
  );
}

const codeOf = (job: FineTuningJob): Record<string, string> => {
  const request = JSON.stringify(
    { model: job.model, training_file: job.training_file, seed: job.seed, method: job.method },
    null,
    2,
  );
  return {
    curl: `curl ${location.origin}/v1/fine_tuning/jobs -H "Authorization: Bearer $OPENAI_API_KEY" -H "Content-Type: application/json" -d '${request}'`,
    Python: `from openai import OpenAI\n\nclient = OpenAI(base_url="${location.origin}/v1")\nclient.fine_tuning.jobs.create(**${request.replaceAll("null", "None").replaceAll("true", "True").replaceAll("false", "False")})`,
    TypeScript: `import OpenAI from "openai";\n\nconst client = new OpenAI({ baseURL: "${location.origin}/v1" });\nawait client.fineTuning.jobs.create(${request});`,
  };
};

const CopyAs = ({ job }: { readonly job: FineTuningJob }): ReactNode => (
  <span className="text-sm text-soft">
    Copy as
    {Object.entries(codeOf(job)).map(([name, text]) => (
      <CopyButton key={name} label={name} text={text} />
    ))}
  </span>
);

export default function Job({ id = "" }: Record<string, string>) {
  const client = useClient();
  const found = useQuery({ queryKey: ["jobs", id], queryFn: () => client.jobs.get(id) });
  return (
    <QueryView query={found}>
      {(job) => (
        <Page
          title={job.fine_tuned_model ?? job.user_provided_suffix ?? job.id}
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
            <Checkpoints id={id} />
          </div>
          <Events id={id} />
        </Page>
      )}
    </QueryView>
  );
}
