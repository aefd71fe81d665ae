import { useState } from "react";
import type { WebhookEndpoint, WebhookEventType } from "../../../contract/webhooks.ts";
import { useClient } from "../../session.tsx";
import { useAct } from "../../ui/act.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Choice } from "../../ui/choice.tsx";
import { Confirm } from "../../ui/confirm.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Secret } from "../../ui/secret.tsx";
import { draftOf, type EndpointDraft, EndpointForm, newDraft } from "./endpoint-form.tsx";
import { eventTitles, eventTypes } from "./event-types.ts";

type Props = { readonly onClose: () => void };
type OfEndpoint = Props & { readonly endpoint: WebhookEndpoint };

const secretHint = "The receiver checks each event's signature with it, as OpenAI's SDKs do.";

export function NewEndpoint({ onClose }: Props) {
  const { webhooks } = useClient();
  const [secret, setSecret] = useState<string | null>(null);
  const create = useAct((draft: EndpointDraft) => webhooks.create(draft), {
    topic: "webhooks",
    onDone: ({ signing_secret }) => setSecret(signing_secret ?? ""),
  });
  if (secret !== null)
    return <Secret title="The signing secret" value={secret} hint={secretHint} onClose={onClose} />;
  return (
    <EndpointForm
      title="New endpoint"
      verb="Create"
      initial={newDraft}
      error={create.error?.message}
      isBusy={create.isPending}
      onSend={(draft) => create.mutate(draft)}
      onClose={onClose}
    />
  );
}

export function EditEndpoint({ endpoint, onClose }: OfEndpoint) {
  const { webhooks } = useClient();
  const update = useAct((draft: EndpointDraft) => webhooks.update(endpoint.id, draft), {
    topic: "webhooks",
    done: "Saved.",
    onDone: onClose,
  });
  return (
    <EndpointForm
      title={`Edit ${endpoint.name}`}
      verb="Save"
      initial={draftOf(endpoint)}
      error={update.error?.message}
      isBusy={update.isPending}
      onSend={(draft) => update.mutate(draft)}
      onClose={onClose}
    />
  );
}

export function DeleteEndpoint({ endpoint, onClose }: OfEndpoint) {
  const { webhooks } = useClient();
  const remove = useAct(() => webhooks.delete(endpoint.id), {
    topic: "webhooks",
    done: `${endpoint.name} is deleted.`,
    onDone: onClose,
  });
  return (
    <Confirm
      title={`Delete ${endpoint.name}?`}
      verb="Delete"
      isBusy={remove.isPending}
      error={remove.error?.message}
      onYes={() => remove.mutate(undefined)}
      onClose={onClose}
    >
      <p>It is told nothing any more, and the log of its deliveries goes with it.</p>
      <p className="font-mono text-sm break-all">{endpoint.url}</p>
    </Confirm>
  );
}

export function RotateSecret({ endpoint, onClose }: OfEndpoint) {
  const { webhooks } = useClient();
  const [secret, setSecret] = useState<string | null>(null);
  const rotate = useAct(() => webhooks.rotate(endpoint.id, true), {
    topic: "webhooks",
    onDone: ({ signing_secret }) => setSecret(signing_secret ?? ""),
  });
  if (secret !== null)
    return <Secret title="The new signing secret" value={secret} hint={secretHint} onClose={onClose} />;
  return (
    <Confirm
      title={`A new secret for ${endpoint.name}?`}
      verb="Make a new one"
      isBusy={rotate.isPending}
      error={rotate.error?.message}
      onYes={() => rotate.mutate(undefined)}
      onClose={onClose}
    >
      <p>Events are signed with both for 24 hours, then with the new one alone.</p>
    </Confirm>
  );
}

const Answer = ({ code }: { readonly code: number }) => (
  <Badge tone={code >= 200 && code < 300 ? "good" : "bad"}>
    {code >= 200 && code < 300 ? `It took it, with HTTP ${code}` : `It refused it, with HTTP ${code}`}
  </Badge>
);

/** Sends an event of one's choice now, and says what was answered. */
export function TestEndpoint({ endpoint, onClose }: OfEndpoint) {
  const { webhooks } = useClient();
  const [type, setType] = useState<WebhookEventType>(
    draftOf(endpoint).event_types[0] ?? "fine_tuning.job.succeeded",
  );
  const test = useAct(() => webhooks.test(endpoint.id, type), {
    topic: "webhooks",
  });
  return (
    <Dialog title={`Test ${endpoint.name}`} onClose={onClose}>
      <div className="grid gap-4">
        <Choice
          label="Send as if"
          value={type}
          options={eventTypes.map((one) => [one, eventTitles[one]] as const)}
          onPick={setType}
        />
        <div role="status" className="break-words">
          {test.error && <p className="text-bad">{test.error.message}</p>}
          {test.data && <Answer code={test.data.status_code} />}
        </div>
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Close</Button>
          <Button kind="primary" isBusy={test.isPending} onClick={() => test.mutate(undefined)}>
            Send
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
