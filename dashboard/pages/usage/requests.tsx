import { useQuery } from "@tanstack/react-query";
import { useDeferredValue } from "react";
import type { Client } from "../../../client/client.ts";
import { take } from "../../../client/pages.ts";
import type { RequestObject } from "../../../contract/usage.ts";
import { Card } from "../../ui/card.tsx";
import { CopyButton } from "../../ui/code.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { Field, Input, Select } from "../../ui/field.tsx";
import { whole } from "../../ui/format.ts";
import { ModelName } from "../../ui/model-name.tsx";
import { Empty, QueryView } from "../../ui/states.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { useUrlState } from "../../ui/url-state.ts";
import { milliseconds, RequestStatus } from "./request-words.tsx";

const REFRESH_MS = 5_000;
const SHOWN = 500;

const columns: readonly Column<RequestObject>[] = [
  {
    title: "Status",
    cell: ({ status }) => <RequestStatus status={status} />,
    width: "minmax(5rem, 0.7fr)",
  },
  { title: "Model", cell: ({ model }) => <ModelName id={model} />, width: "minmax(0, 1.4fr)" },
  {
    title: "Ended",
    cell: (request) => <DateTime at={request.created_at} />,
    width: "13rem",
    isExtra: true,
  },
  {
    title: "In",
    cell: (request) => whole(request.input_tokens),
    isNumber: true,
    isExtra: true,
    width: "4.5rem",
  },
  {
    title: "Out",
    cell: (request) => whole(request.output_tokens),
    isNumber: true,
    isExtra: true,
    width: "4.5rem",
  },
  {
    title: "First token",
    cell: ({ time_to_first_token_ms: ms }) => (ms === null ? "–" : milliseconds(ms)),
    isNumber: true,
    isExtra: true,
    width: "6.5rem",
  },
  {
    title: "Took",
    cell: (request) => milliseconds(request.duration_ms),
    isNumber: true,
    isExtra: true,
    width: "6rem",
  },
  { title: "Id", cell: ({ request_id }) => <CopyButton text={request_id} />, isExtra: true, width: "5rem" },
];

type Props = { readonly client: Client; readonly isAll: boolean };

/** The newest requests for answers. */
export function Requests({ client, isAll }: Props) {
  const [model, setModel] = useUrlState("model");
  const [status, setStatus] = useUrlState("status");
  const asked = useDeferredValue(model.trim());
  const requests = useQuery({
    queryKey: ["requests", isAll, asked, status],
    refetchInterval: REFRESH_MS,
    queryFn: () => {
      const filter = { ...(asked ? { model: asked } : {}), ...(status ? { status } : {}) };
      return take(client.usage.requests(filter, SHOWN), SHOWN);
    },
  });
  return (
    <Card title="Newest requests">
      <div className="mb-3 grid gap-3 sm:grid-cols-[1fr_12rem]">
        <Field label="Model">
          <Input
            placeholder="any, or its whole name"
            value={model}
            maxLength={256}
            onChange={(event) => setModel(event.target.value)}
          />
        </Field>
        <Field label="Status">
          <Select value={status} onChange={(event) => setStatus(event.target.value)}>
            <option value="">any</option>
            <option value="ok">ok</option>
            <option value="failed">failed</option>
            <option value="cancelled">cancelled</option>
          </Select>
        </Field>
      </div>
      <QueryView
        query={requests}
        isEmpty={({ length }) => length === 0}
        empty={<Empty title={model || status ? "No request is like that" : "No request yet"} />}
      >
        {(all) => <Table label="Newest requests" columns={columns} rows={all} keyOf={({ id }) => id} />}
      </QueryView>
    </Card>
  );
}
