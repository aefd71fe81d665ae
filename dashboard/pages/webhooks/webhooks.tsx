import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import type { WebhookEndpoint } from "../../../contract/webhooks.ts";
import { useSession } from "../../session.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card, Page } from "../../ui/card.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { collect } from "../../ui/list.ts";
import { Empty, QueryView } from "../../ui/states.tsx";
import { useUrlState } from "../../ui/url-state.ts";
import { Deliveries } from "./deliveries.tsx";
import { DeleteEndpoint, EditEndpoint, NewEndpoint, RotateSecret, TestEndpoint } from "./dialogs.tsx";

type Step = "edit" | "delete" | "rotate" | "test";
const steps = { edit: EditEndpoint, delete: DeleteEndpoint, rotate: RotateSecret, test: TestEndpoint };
const names: Record<Step, string> = { test: "Test", edit: "Edit", rotate: "New secret", delete: "Delete" };

function Actions({ endpoint }: { readonly endpoint: WebhookEndpoint }) {
  const [step, setStep] = useState<Step | null>(null);
  const Open = step && steps[step];
  return (
    <>
      {(Object.keys(names) as Step[]).map((one) => (
        <Button
          key={one}
          kind={one === "delete" ? "danger" : "plain"}
          aria-label={`${names[one]}: ${endpoint.name}`}
          onClick={() => setStep(one)}
        >
          {names[one]}
        </Button>
      ))}
      {Open && <Open endpoint={endpoint} onClose={() => setStep(null)} />}
    </>
  );
}

const Fact = ({ name, children }: { readonly name: string; readonly children: ReactNode }) => (
  <>
    <dt className="text-sm text-soft">{name}</dt>
    <dd className="min-w-0 break-words">{children}</dd>
  </>
);

function Endpoint({ endpoint }: { readonly endpoint: WebhookEndpoint }) {
  const { name, url, event_types, enabled, disabled_reason, signing_secret_hint: hint, id } = endpoint;
  const [shown, setShown] = useUrlState("log");
  const isShown = shown === id;
  return (
    <Card
      title={name}
      actions={
        <div className="flex flex-wrap gap-2">
          <Actions endpoint={endpoint} />
        </div>
      }
    >
      <dl className="grid grid-cols-[auto_1fr] items-baseline gap-x-6 gap-y-1">
        <Fact name="State">
          <Badge tone={enabled ? "good" : disabled_reason ? "bad" : "plain"}>{enabled ? "on" : "off"}</Badge>
          {disabled_reason && <span className="text-soft"> {disabled_reason}</span>}
        </Fact>
        <Fact name="Address">
          <span className="font-mono text-sm break-all">{url}</span>
        </Fact>
        <Fact name="Events">{event_types.join(", ")}</Fact>
        <Fact name="Secret">
          <span className="font-mono text-sm">{hint ?? "–"}</span>
        </Fact>
        <Fact name="Changed">
          <DateTime at={endpoint.updated_at} />
        </Fact>
      </dl>
      <div className="mt-3 grid gap-3">
        <Button
          className="justify-self-start"
          aria-expanded={isShown}
          onClick={() => setShown(isShown ? "" : id)}
        >
          {isShown ? "Hide deliveries" : "Deliveries"}
        </Button>
        {isShown && <Deliveries endpoint={endpoint} />}
      </div>
    </Card>
  );
}

function Endpoints() {
  const { client } = useSession();
  const [isMaking, setMaking] = useState(false);
  const found = useQuery({ queryKey: ["webhooks"], queryFn: () => collect(client.webhooks.list()) });
  const create = (
    <Button kind="primary" onClick={() => setMaking(true)}>
      New endpoint
    </Button>
  );
  return (
    <Page title="Webhooks" actions={create}>
      {isMaking && <NewEndpoint onClose={() => setMaking(false)} />}
      <QueryView
        query={found}
        isEmpty={({ length }) => length === 0}
        empty={
          <Empty title="No endpoint yet" command="npx perennial webhooks create --help">
            An endpoint is an address of yours that is told when a job ends or a model's last day is near.
          </Empty>
        }
      >
        {(all) => all.map((endpoint) => <Endpoint key={endpoint.id} endpoint={endpoint} />)}
      </QueryView>
    </Page>
  );
}

export default function Webhooks() {
  const { project } = useSession();
  if (project !== null) return <Endpoints />;
  return (
    <Page title="Webhooks">
      <Empty title="Endpoints belong to a project, and there is none yet">Make one under Keys.</Empty>
    </Page>
  );
}
