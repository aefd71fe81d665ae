import { type FormEvent, useState } from "react";
import type { WebhookEndpoint, WebhookEventType } from "../../../contract/webhooks.ts";
import { Dialog, FormEnd } from "../../ui/dialog.tsx";
import { Field, Input } from "../../ui/field.tsx";
import { eventTitles, eventTypes } from "./event-types.ts";

export type EndpointDraft = {
  readonly name: string;
  readonly url: string;
  readonly event_types: WebhookEventType[];
  readonly enabled: boolean;
};

export const draftOf = (endpoint: WebhookEndpoint): EndpointDraft => ({
  name: endpoint.name,
  url: endpoint.url,
  event_types: eventTypes.filter((type) => endpoint.event_types.includes(type)),
  enabled: endpoint.enabled,
});
export const newDraft: EndpointDraft = { name: "", url: "", event_types: [...eventTypes], enabled: true };

type CheckProps = {
  readonly label: string;
  readonly isOn: boolean;
  readonly onTurn: (isOn: boolean) => void;
};

const Check = ({ label, isOn, onTurn }: CheckProps) => (
  <label className="flex items-center gap-2">
    <input
      type="checkbox"
      checked={isOn}
      onChange={(event) => onTurn(event.target.checked)}
      className="size-4 accent-(--accent)"
    />
    {label}
  </label>
);

type Props = {
  readonly title: string;
  readonly verb: string;
  readonly initial: EndpointDraft;
  readonly error: string | undefined;
  readonly isBusy: boolean;
  readonly onSend: (draft: EndpointDraft) => void;
  readonly onClose: () => void;
};

export function EndpointForm({ title, verb, initial, error, isBusy, onSend, onClose }: Props) {
  const [draft, setDraft] = useState(initial);
  const turn = (type: WebhookEventType, isOn: boolean) =>
    setDraft({
      ...draft,
      event_types: eventTypes.filter((one) => (one === type ? isOn : draft.event_types.includes(one))),
    });
  const send = (event: FormEvent) => {
    event.preventDefault();
    onSend(draft);
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={send} className="grid gap-3">
        <Field label="Name">
          <Input
            required
            maxLength={256}
            value={draft.name}
            onChange={(event) => setDraft({ ...draft, name: event.target.value })}
          />
        </Field>
        <Field label="Address" error={error} hint="It is sent each event by POST, signed.">
          <Input
            type="url"
            required
            maxLength={2048}
            placeholder="https://example.com/hooks"
            value={draft.url}
            onChange={(event) => setDraft({ ...draft, url: event.target.value })}
          />
        </Field>
        <fieldset className="grid gap-1.5">
          <legend className="mb-1 text-sm font-medium">Tell it when</legend>
          {eventTypes.map((type) => (
            <Check
              key={type}
              label={eventTitles[type]}
              isOn={draft.event_types.includes(type)}
              onTurn={(isOn) => turn(type, isOn)}
            />
          ))}
        </fieldset>
        <Check
          label="Switched on"
          isOn={draft.enabled}
          onTurn={(enabled) => setDraft({ ...draft, enabled })}
        />
        <FormEnd verb={verb} isBusy={isBusy} disabled={draft.event_types.length === 0} onClose={onClose} />
      </form>
    </Dialog>
  );
}
