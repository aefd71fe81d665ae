import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { ProjectRateLimit, UpdateRateLimit } from "../../../contract/rate-limits.ts";
import { useSession } from "../../session.tsx";
import { useAct } from "../../ui/act.ts";
import { Card } from "../../ui/card.tsx";
import { Dialog, FormEnd } from "../../ui/dialog.tsx";
import { Field, Input } from "../../ui/field.tsx";
import { whole } from "../../ui/format.ts";
import { collect } from "../../ui/list.ts";
import { Empty, QueryView } from "../../ui/states.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { TextButton } from "../../ui/text-button.tsx";

const MOST = 1_000_000_000_000;

const short = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 3 });
const Short = ({ count }: { readonly count: number }) => (
  <span title={whole(count)}>{short.format(count)}</span>
);

const columns = (onEdit: (limit: ProjectRateLimit) => void): readonly Column<ProjectRateLimit>[] => [
  { title: "Model", cell: ({ model }) => <span title={model}>{model}</span>, width: "minmax(0, 2fr)" },
  {
    title: "Requests",
    cell: (one) => <Short count={one.max_requests_per_1_minute} />,
    isNumber: true,
    width: "minmax(6rem, 1fr)",
  },
  {
    title: "Tokens",
    cell: (one) => <Short count={one.max_tokens_per_1_minute} />,
    isNumber: true,
    isExtra: true,
  },
  {
    title: "Actions",
    cell: (one) => (
      <TextButton aria-label={`Edit the limits of ${one.model}`} onClick={() => onEdit(one)}>
        Edit
      </TextButton>
    ),
    width: "5.5rem",
  },
];

/** "" is the server's own limit again. */
const numberOf = (text: string) => (text === "" ? null : Number(text));

type CountProps = { readonly label: string; readonly value: string; readonly onType: (text: string) => void };
const Count = ({ label, value, onType }: CountProps) => (
  <Field label={label} hint="Empty: the server's own.">
    <Input
      type="number"
      min={1}
      max={MOST}
      step={1}
      value={value}
      onChange={(event) => onType(event.target.value)}
    />
  </Field>
);

type EditProps = {
  readonly project: string;
  readonly limit: ProjectRateLimit;
  readonly onClose: () => void;
};

function Edit({ project, limit, onClose }: EditProps) {
  const { client } = useSession();
  const [requests, setRequests] = useState(String(limit.max_requests_per_1_minute));
  const [tokens, setTokens] = useState(String(limit.max_tokens_per_1_minute));
  const save = useAct((change: UpdateRateLimit) => client.projects.setRateLimit(project, limit.id, change), {
    topic: "keys",
    done: "Saved; it holds from the next request on.",
    onDone: onClose,
  });
  const send = (event: FormEvent) => {
    event.preventDefault();
    save.mutate({
      // What was not touched stays as it is, be it the server's own or not.
      ...(requests === String(limit.max_requests_per_1_minute)
        ? {}
        : { max_requests_per_1_minute: numberOf(requests) }),
      ...(tokens === String(limit.max_tokens_per_1_minute)
        ? {}
        : { max_tokens_per_1_minute: numberOf(tokens) }),
    });
  };
  return (
    <Dialog title={`Limits of ${limit.model}`} onClose={onClose}>
      <form onSubmit={send} className="grid gap-3">
        <Count label="Requests a minute" value={requests} onType={setRequests} />
        <Count label="Tokens a minute" value={tokens} onType={setTokens} />
        {save.error && (
          <p role="alert" className="text-bad">
            {save.error.message}
          </p>
        )}
        <FormEnd verb="Save" isBusy={save.isPending} onClose={onClose} />
      </form>
    </Dialog>
  );
}

/** What a project may ask of each model in a minute. */
export function RateLimits({ project }: { readonly project: string }) {
  const { client, who } = useSession();
  const [edited, setEdited] = useState<ProjectRateLimit | null>(null);
  const limits = useQuery({
    queryKey: ["keys", "limits", project],
    queryFn: () => collect(client.projects.rateLimits(project)),
  });
  const name = who.projects.find(({ id }) => id === project)?.name ?? project;
  return (
    <Card title={`Rate limits of ${name}, a minute`}>
      {edited && <Edit project={project} limit={edited} onClose={() => setEdited(null)} />}
      <QueryView
        query={limits}
        isEmpty={({ length }) => length === 0}
        empty={<Empty title="No model yet" command="npm run setup" />}
      >
        {(all) => (
          <Table label="Rate limits" columns={columns(setEdited)} rows={all} keyOf={({ id }) => id} />
        )}
      </QueryView>
    </Card>
  );
}
