import { useQuery } from "@tanstack/react-query";
import { useLocation } from "wouter";
import type { ModelStatus } from "../../../contract/lifecycle.ts";
import type { ModelObject } from "../../../contract/models.ts";
import { useClient } from "../../session.tsx";
import { modelOf, useAddress } from "../../ui/address.ts";
import { StatusBadge } from "../../ui/badge.tsx";
import { LinkButton } from "../../ui/button.tsx";
import { Card, Page, Stat } from "../../ui/card.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { QueryView } from "../../ui/states.tsx";
import { useQuestion } from "../jobs/use-question.ts";
import { baseOf, joinModels } from "../playground/setup.ts";
import { DeleteModel } from "./delete-model.tsx";
import { ExportModel } from "./export-model.tsx";
import { Lineage, useLineage } from "./lineage.tsx";
import { daysLeft, isTuned } from "./model-facts.ts";
import { ModelUsage } from "./model-usage.tsx";
import { Ends } from "./models.tsx";
import { WhoMayUse } from "./who-may-use.tsx";

function Dates({ model, dates }: { readonly model: ModelObject; readonly dates: ModelStatus | undefined }) {
  return (
    <Card title="Dates">
      <dl className="flex flex-wrap gap-x-8 gap-y-3">
        {dates && (
          <Stat label="State">
            <StatusBadge status={dates.state} />
          </Stat>
        )}
        <Stat label="Created">
          <DateTime at={model.created} />
        </Stat>
        <Stat label="Training on it ends">{dates?.training_ends_at ?? "no date"}</Stat>
        <Stat label="Shutdown">
          <span className="flex flex-wrap items-baseline gap-x-3">
            {(daysLeft(model.shutdown_date, Date.now()) ?? 0) > 0 && model.shutdown_date}
            <Ends date={model.shutdown_date} />
          </span>
        </Stat>
        {dates && isTuned(model) && (
          <Stat label="Last asked">
            <DateTime at={dates.last_inference_at} />
          </Stat>
        )}
      </dl>
      {dates?.reason && <p className="mt-3 text-soft">{dates.reason}</p>}
    </Card>
  );
}

function Actions({ model }: { readonly model: ModelObject }) {
  const address = useAddress();
  const [, go] = useLocation();
  const base = baseOf(model.id);
  const question = useQuestion(useLineage(model.id).data?.origin?.job);
  const models = joinModels(base === null ? [model.id] : [base, model.id]);
  return (
    <>
      <LinkButton kind="primary" href={address("/playground", { models, ...question })}>
        {base === null ? "Try in the playground" : "Compare with its base"}
      </LinkButton>
      {base !== null && <DeleteModel id={model.id} onDeleted={() => go(address("/models"))} />}
    </>
  );
}

export default function Model({ id: written = "" }: Record<string, string>) {
  const id = modelOf(written);
  const client = useClient();
  const found = useQuery({ queryKey: ["models", id], queryFn: () => client.models.get(id) });
  const status = useQuery({ queryKey: ["lifecycle", "status"], queryFn: () => client.lifecycle.status() });
  const dates = status.data?.models.find((one) => one.id === id);
  return (
    <Page title={id} actions={found.data && <Actions model={found.data} />}>
      <QueryView query={found}>
        {(model) => (
          <>
            <Dates model={model} dates={dates} />
            <div className="grid grid-cols-1 items-start gap-4 lg:grid-cols-2">
              <Lineage id={id} dates={dates} />
              <div className="grid min-w-0 grid-cols-1 gap-4">
                <WhoMayUse id={id} isTuned={isTuned(model)} />
                {isTuned(model) && <ExportModel id={id} />}
              </div>
            </div>
            <ModelUsage id={id} />
          </>
        )}
      </QueryView>
    </Page>
  );
}
