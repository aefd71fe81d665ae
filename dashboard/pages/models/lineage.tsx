import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link } from "wouter";
import type { Client } from "../../../client/client.ts";
import type { FineTuningJob } from "../../../contract/fine-tuning.ts";
import type { ModelStatus } from "../../../contract/lifecycle.ts";
import { useClient } from "../../session.tsx";
import { modelPath, useAddress } from "../../ui/address.ts";
import { Card } from "../../ui/card.tsx";
import { collect } from "../../ui/list.ts";
import { QueryView } from "../../ui/states.tsx";
import { isOf, jobsToAsk } from "./model-facts.ts";

/** A file may be gone since. */
async function fileOf(client: Client, id: string | null): Promise<{ id: string; name: string } | null> {
  if (id === null) return null;
  const file = await client.files.get(id).catch(() => null);
  return { id, name: file?.filename ?? "deleted since" };
}

async function originOf(client: Client, model: string, jobs: readonly FineTuningJob[]) {
  for (const job of jobsToAsk(model, jobs)) {
    const checkpoints = await collect(client.jobs.checkpoints(job.id));
    if (!isOf(model, job, checkpoints)) continue;
    const [data, validation] = await Promise.all(
      [job.training_file, job.validation_file].map((file) => fileOf(client, file)),
    );
    return { job, checkpoints, files: [data, validation].flatMap((file) => file ?? []) };
  }
  return null;
}

async function lineageOf(client: Client, model: string) {
  const jobs = await collect(client.jobs.list());
  return {
    origin: await originOf(client, model, jobs),
    further: jobs.flatMap((job) =>
      job.model === model && job.fine_tuned_model !== null ? job.fine_tuned_model : [],
    ),
  };
}
type Found = Awaited<ReturnType<typeof lineageOf>>;

const MOST_FURTHER = 20;
const ModelLink = ({ id }: { readonly id: string }) => {
  const address = useAddress();
  return (
    <Link href={address(modelPath(id))} className="break-all text-accent hover:underline">
      {id}
    </Link>
  );
};

const Step = ({ name, children }: { readonly name: string; readonly children: ReactNode }) => (
  <li className="relative grid gap-0.5 border-l-2 border-line pb-4 pl-4 last:pb-0">
    <span aria-hidden="true" className="absolute top-1.5 -left-[5px] size-2 rounded-full bg-accent" />
    <span className="text-sm text-soft">{name}</span>
    <span className="min-w-0">{children}</span>
  </li>
);

function Origin({ origin, id }: { readonly origin: NonNullable<Found["origin"]>; readonly id: string }) {
  const address = useAddress();
  const { job, files, checkpoints } = origin;
  const others = checkpoints.map((one) => one.fine_tuned_model_checkpoint).filter((name) => name !== id);
  return (
    <>
      <Step name="Data">
        {files.map((file) => (
          <span key={file.id} className="block break-all">
            {file.name} <span className="font-mono text-sm text-soft">{file.id}</span>
          </span>
        ))}
      </Step>
      <Step name="Tuned from">
        <ModelLink id={job.model} />
      </Step>
      <Step name="Job">
        <Link href={address(`/jobs/${job.id}`)} className="break-all text-accent hover:underline">
          {job.id}
        </Link>
      </Step>
      {others.length > 0 && (
        <Step name="Other checkpoints of the job">
          {others.map((name) => (
            <span key={name} className="block">
              <ModelLink id={name} />
            </span>
          ))}
        </Step>
      )}
    </>
  );
}

export function useLineage(id: string) {
  const client = useClient();
  return useQuery({ queryKey: ["models", "lineage", id], queryFn: () => lineageOf(client, id) });
}

type Props = { readonly id: string; readonly dates: ModelStatus | undefined };

/** Data, job, checkpoints, model, and what came or is to come after it. */
export function Lineage({ id, dates }: Props) {
  const found = useLineage(id);
  return (
    <Card title="Lineage">
      <QueryView query={found}>
        {({ origin, further }) => (
          <ol>
            {origin && <Origin origin={origin} id={id} />}
            {!origin && id.startsWith("ft:") && (
              <Step name="Job">Not of this project: it was imported, or is shared with it.</Step>
            )}
            <Step name="This model">
              <strong className="font-semibold break-all">{id}</strong>
            </Step>
            {further.length > 0 && (
              <Step name="Tuned from this one">
                {further.slice(0, MOST_FURTHER).map((name) => (
                  <span key={name} className="block">
                    <ModelLink id={name} />
                  </span>
                ))}
                {further.length > MOST_FURTHER && `and ${further.length - MOST_FURTHER} more`}
              </Step>
            )}
            {dates?.successor && (
              <Step name="Successor">
                <ModelLink id={dates.successor} />
              </Step>
            )}
          </ol>
        )}
      </QueryView>
    </Card>
  );
}
