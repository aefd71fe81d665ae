import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { KeyObject, ProjectObject } from "../../../contract/keys.ts";
import { organization } from "../../organization.ts";
import { useAct } from "../../ui/act.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Confirm } from "../../ui/confirm.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { NameForm } from "../../ui/name-form.tsx";
import { Secret } from "../../ui/secret.tsx";
import { Empty, QueryView } from "../../ui/states.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { TextButton } from "../../ui/text-button.tsx";

const columns = (onRevoke: (key: KeyObject) => void): readonly Column<KeyObject>[] => [
  { title: "Name", cell: ({ name }) => name },
  {
    title: "Key",
    cell: (key) => <span className="font-mono text-sm">{key.redacted_value}</span>,
    isExtra: true,
  },
  { title: "Created", cell: (key) => <DateTime at={key.created_at} />, width: "13rem", isExtra: true },
  {
    title: "Last used",
    cell: (key) => (key.last_used_at === null ? "never" : <DateTime at={key.last_used_at} />),
    width: "13rem",
    isExtra: true,
  },
  {
    title: "Actions",
    cell: (key) => (
      <TextButton isDanger aria-label={`Revoke ${key.name}`} onClick={() => onRevoke(key)}>
        Revoke
      </TextButton>
    ),
    width: "6rem",
  },
];

type RevokeProps = { readonly of: ProjectObject; readonly revoked: KeyObject; readonly onClose: () => void };

function Revoke({ of, revoked: key, onClose }: RevokeProps) {
  const revoke = useAct(() => organization.projects.revokeKey(of.id, key.id), {
    topic: "keys",
    done: `${key.name} is revoked.`,
    onDone: onClose,
  });
  return (
    <Confirm
      title={`Revoke ${key.name}?`}
      verb="Revoke"
      isBusy={revoke.isPending}
      error={revoke.error?.message}
      onYes={() => revoke.mutate(undefined)}
      onClose={onClose}
    >
      <p>Requests with it are refused at once, and whoever is signed in with it is signed out.</p>
      <p className="font-mono text-sm">{key.redacted_value}</p>
    </Confirm>
  );
}

type NewProps = { readonly of: ProjectObject; readonly onClose: () => void };

function NewKey({ of, onClose }: NewProps) {
  const [made, setMade] = useState<string | null>(null);
  const create = useAct((name: string) => organization.projects.createKey(of.id, name), {
    topic: "keys",
    onDone: ({ value }) => setMade(value ?? ""),
  });
  const close = () => {
    create.reset();
    onClose();
  };
  if (made !== null) {
    const hint = "Programs take it as OPENAI_API_KEY, with this server as OPENAI_BASE_URL.";
    return <Secret title="The new key" value={made} hint={hint} onClose={close} />;
  }
  return (
    <NameForm
      title={`New key of ${of.name}`}
      label="Name"
      hint="Who or what will use it; usage is told by key."
      verb="Create"
      isBusy={create.isPending}
      error={create.error?.message}
      onSend={(name) => create.mutate(name)}
      onClose={onClose}
    />
  );
}

/** The keys of one project. */
export function KeysOf({ project }: { readonly project: ProjectObject }) {
  const [isMaking, setMaking] = useState(false);
  const [leaving, setLeaving] = useState<KeyObject | null>(null);
  const keys = useQuery({
    queryKey: ["keys", "of", project.id],
    queryFn: () => organization.projects.listKeys(project.id),
  });
  return (
    <Card
      title={`Keys of ${project.name}`}
      actions={
        <Button kind="primary" onClick={() => setMaking(true)}>
          New key
        </Button>
      }
    >
      {isMaking && <NewKey of={project} onClose={() => setMaking(false)} />}
      {leaving && <Revoke of={project} revoked={leaving} onClose={() => setLeaving(null)} />}
      <QueryView
        query={keys}
        isEmpty={({ length }) => length === 0}
        empty={<Empty title="No key yet">Programs need one to call this project.</Empty>}
      >
        {(all) => (
          <Table
            label={`Keys of ${project.name}`}
            columns={columns(setLeaving)}
            rows={all}
            keyOf={({ id }) => id}
          />
        )}
      </QueryView>
    </Card>
  );
}
