import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { take } from "../../../client/pages.ts";
import type {
  DeliveryStatus,
  WebhookAttempt,
  WebhookDelivery,
  WebhookEndpoint,
} from "../../../contract/webhooks.ts";
import { useClient } from "../../session.tsx";
import { useAct } from "../../ui/act.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Choice } from "../../ui/choice.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { whole } from "../../ui/format.ts";
import { Empty, QueryView } from "../../ui/states.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { TextButton } from "../../ui/text-button.tsx";
import { useUrlState } from "../../ui/url-state.ts";

const REFRESH_MS = 5_000;
const SHOWN = 1_000;

const tones = { delivered: "good", failed: "bad", pending: "busy" } as const;
const Status = ({ status }: WebhookDelivery) => <Badge tone={tones[status]}>{status}</Badge>;

const answerOf = ({ status_code, error }: WebhookAttempt) =>
  status_code === null ? (error ?? "no answer") : `HTTP ${status_code}`;
const lastAnswer = ({ attempts }: WebhookDelivery) => {
  const last = attempts.at(-1);
  return last ? answerOf(last) : "–";
};

type Acts = {
  readonly onShow: (delivery: WebhookDelivery) => void;
  readonly onReplay: (id: string) => void;
};

const columns = ({ onShow, onReplay }: Acts): readonly Column<WebhookDelivery>[] => [
  { title: "Status", cell: Status, width: "7.5rem" },
  {
    title: "Event",
    cell: (one) => <TextButton onClick={() => onShow(one)}>{one.event.type}</TextButton>,
    width: "minmax(0, 1.5fr)",
  },
  { title: "Kind", cell: ({ kind }) => kind, width: "5rem", isExtra: true },
  { title: "Tries", cell: ({ attempts }) => attempts.length, isNumber: true, width: "4.5rem", isExtra: true },
  { title: "Answer", cell: lastAnswer, isExtra: true },
  { title: "Created", cell: (one) => <DateTime at={one.created_at} />, width: "13rem", isExtra: true },
  {
    title: "Actions",
    cell: ({ id, event }) => (
      <TextButton aria-label={`Replay ${event.type}`} onClick={() => onReplay(id)}>
        Replay
      </TextButton>
    ),
    width: "5.5rem",
    isExtra: true,
  },
];

const Attempt = ({ attempt }: { readonly attempt: WebhookAttempt }) => (
  <li className="grid gap-1">
    <span>
      <DateTime at={attempt.created_at} /> · {answerOf(attempt)} · {whole(attempt.duration_ms)} ms
    </span>
    {attempt.status_code !== null && attempt.error && <span className="text-soft">{attempt.error}</span>}
    {attempt.response && (
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      <pre tabIndex={0} className="max-h-40 overflow-auto rounded bg-sunk p-2 font-mono text-sm">
        {attempt.response}
      </pre>
    )}
  </li>
);

type OneProps = {
  readonly of: WebhookEndpoint;
  readonly id: string;
  readonly onReplay: () => void;
  readonly onClose: () => void;
};

/** One delivery with all that was answered. */
function Delivery({ of, id, onReplay, onClose }: OneProps) {
  const client = useClient();
  const found = useQuery({
    queryKey: ["webhooks", of.id, "delivery", id],
    queryFn: () => client.webhooks.delivery(of.id, id),
    refetchInterval: REFRESH_MS,
  });
  return (
    <Dialog title="Delivery" onClose={onClose}>
      <QueryView query={found}>
        {(delivery) => (
          <div className="grid gap-3 break-words">
            <p className="flex flex-wrap gap-x-4">
              <Status {...delivery} />
              <span>{delivery.event.type}</span>
              <span className="font-mono text-sm break-all">{delivery.event.data.id}</span>
            </p>
            {delivery.next_attempt_at !== null && (
              <p>
                Next try: <DateTime at={delivery.next_attempt_at} />
              </p>
            )}
            {delivery.attempts.length === 0 && <p className="text-soft">It was not tried yet.</p>}
            <ol className="grid gap-3">
              {delivery.attempts.map((attempt, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: attempts are only added
                <Attempt key={index} attempt={attempt} />
              ))}
            </ol>
          </div>
        )}
      </QueryView>
      <div className="mt-4 flex justify-end gap-2">
        <Button onClick={onReplay}>Replay</Button>
        <Button onClick={onClose}>Close</Button>
      </div>
    </Dialog>
  );
}

const statuses: readonly (readonly [DeliveryStatus | "", string])[] = [
  ["", "any"],
  ["delivered", "delivered"],
  ["failed", "failed"],
  ["pending", "pending"],
];

export function Deliveries({ endpoint }: { readonly endpoint: WebhookEndpoint }) {
  const client = useClient();
  const [asked, setAsked] = useUrlState("status");
  const status = statuses.find(([one]) => one === asked)?.[0] ?? "";
  const [shown, setShown] = useState<string | null>(null);
  const found = useQuery({
    queryKey: ["webhooks", endpoint.id, "deliveries", status],
    queryFn: () => take(client.webhooks.deliveries(endpoint.id, status ? { status } : {}), SHOWN),
    refetchInterval: REFRESH_MS,
  });
  const replay = useAct((id: string) => client.webhooks.replay(endpoint.id, id), {
    topic: "webhooks",
    done: "It is sent again.",
  });
  const replayShown = () => {
    if (shown) replay.mutate(shown);
    setShown(null);
  };
  const acts = { onShow: ({ id }: WebhookDelivery) => setShown(id), onReplay: replay.mutate };
  return (
    <>
      <div className="w-48">
        <Choice label="Status" value={status} options={statuses} onPick={setAsked} />
      </div>
      {shown && <Delivery of={endpoint} id={shown} onReplay={replayShown} onClose={() => setShown(null)} />}
      <QueryView
        query={found}
        isEmpty={({ length }) => length === 0}
        empty={
          <Empty title={status ? "No delivery is like that" : "Nothing was sent yet"}>
            Press Test to send it an event now.
          </Empty>
        }
      >
        {(all) => (
          <Table
            label={`Deliveries to ${endpoint.name}`}
            columns={columns(acts)}
            rows={all}
            keyOf={({ id }) => id}
          />
        )}
      </QueryView>
    </>
  );
}
