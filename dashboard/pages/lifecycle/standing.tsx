import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import type { LifecycleStatus, ModelStatus } from "../../../contract/lifecycle.ts";
import { useClient } from "../../session.tsx";
import { modelPath, useAddress } from "../../ui/address.ts";
import { Badge, StatusBadge } from "../../ui/badge.tsx";
import { Card } from "../../ui/card.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { DaysLeft } from "../../ui/days-left.tsx";
import { ModelName } from "../../ui/model-name.tsx";
import { Empty, QueryView } from "../../ui/states.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { dayOf } from "./day.ts";
import { whoText } from "./words.ts";

const columns = (address: ReturnType<typeof useAddress>): readonly Column<ModelStatus>[] => [
  { title: "State", cell: ({ state }) => <StatusBadge status={state} />, width: "9.5rem", isExtra: true },
  {
    title: "Model",
    cell: ({ id }) => (
      <Link href={address(modelPath(id))} className="text-accent hover:underline">
        <ModelName id={id} />
      </Link>
    ),
    width: "minmax(0, 2fr)",
  },
  { title: "Shutdown", cell: ({ shutdown_date }) => shutdown_date ?? "–", width: "7.5rem", isExtra: true },
  { title: "Left", cell: ({ shutdown_date }) => <DaysLeft day={shutdown_date} />, width: "8rem" },
  { title: "Then", cell: ({ successor }) => successor ?? "–", isExtra: true },
  {
    title: "Last call",
    cell: ({ last_inference_at }) => <DateTime at={last_inference_at} />,
    width: "13rem",
    isExtra: true,
  },
];

const byShutdown = (a: ModelStatus, b: ModelStatus) =>
  (a.shutdown_date ?? "9").localeCompare(b.shutdown_date ?? "9");

type PolicyStatus = LifecycleStatus["training"]["policies"][number];

/** The day on which it hits, where that is another than the stage's own. */
function hitsLater({ date, hits_you_at: at }: PolicyStatus["stages"][number]): string | null {
  const day = at === null ? date : dayOf(at * 1000);
  return day === date ? null : day;
}

const Stages = ({ policy }: { readonly policy: PolicyStatus }) => (
  <section className="mt-4" aria-label={`Policy ${policy.name}`}>
    <h3 className="font-medium">Policy {policy.name}</h3>
    {policy.exception && (
      <p className="text-soft">
        You are an exception until {policy.exception.until}: {policy.exception.reason}
      </p>
    )}
    <ol className="mt-1 grid gap-2">
      {policy.stages.map((stage) => (
        <li key={`${stage.date}${whoText(stage.who)}`} className="grid gap-x-4 sm:grid-cols-[7rem_8rem_1fr]">
          <time dateTime={stage.date} className="tabular-nums">
            {stage.date}
          </time>
          <span className="grid justify-items-start">
            <Badge tone={stage.hits_you ? "warn" : "good"}>{stage.hits_you ? "hits you" : "not you"}</Badge>
            {hitsLater(stage) && <span className="text-sm text-soft">on {hitsLater(stage)}</span>}
          </span>
          <span className="grid">
            <span>{stage.reason}</span>
            {stage.keep && <span className="text-soft">What keeps it: {stage.keep}.</span>}
          </span>
        </li>
      ))}
    </ol>
  </section>
);

const Summary = ({ status }: { readonly status: LifecycleStatus }) => (
  <Card title="Where this project stands">
    {status.training.may_train ? (
      <Badge tone="good">May create fine-tuning jobs</Badge>
    ) : (
      <Badge tone="bad">May not create fine-tuning jobs</Badge>
    )}
    <ul className="mt-2 grid list-disc gap-1 pl-5">
      {status.summary.map((sentence) => (
        <li key={sentence}>{sentence}</li>
      ))}
    </ul>
    {status.training.policies.map((policy) => (
      <Stages key={policy.name} policy={policy} />
    ))}
  </Card>
);

/** What concerns the project that is looked at. */
export function Standing() {
  const client = useClient();
  const address = useAddress();
  const found = useQuery({ queryKey: ["lifecycle", "status"], queryFn: () => client.lifecycle.status() });
  return (
    <QueryView query={found}>
      {(status) => (
        <>
          <Summary status={status} />
          <section aria-labelledby="models-left" className="grid gap-2">
            <h2 id="models-left" className="font-semibold">
              Models it can call, and the days they have left
            </h2>
            {status.models.length === 0 ? (
              <Empty title="No model here" command="npx perennial models list" />
            ) : (
              <Table
                label="Models and days left"
                columns={columns(address)}
                rows={status.models.toSorted(byShutdown)}
                keyOf={({ id }) => id}
              />
            )}
          </section>
        </>
      )}
    </QueryView>
  );
}
