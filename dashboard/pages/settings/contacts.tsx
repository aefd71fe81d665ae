import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { CreateContact, NoticeContact } from "../../../contract/notices.ts";
import { useSession } from "../../session.tsx";
import { useAct } from "../../ui/act.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Choice } from "../../ui/choice.tsx";
import { Confirm } from "../../ui/confirm.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { Dialog, FormEnd } from "../../ui/dialog.tsx";
import { Field, Input } from "../../ui/field.tsx";
import { collect } from "../../ui/list.ts";
import { Empty, QueryView } from "../../ui/states.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { TextButton } from "../../ui/text-button.tsx";

type Columns = {
  readonly nameOf: (project: string | null) => string;
  readonly onRemove: (contact: NoticeContact) => void;
};

const columns = ({ nameOf, onRemove }: Columns): readonly Column<NoticeContact>[] => [
  { title: "Address", cell: ({ email }) => <span title={email}>{email}</span>, width: "minmax(0, 2fr)" },
  { title: "Told of", cell: (contact) => nameOf(contact.project_id) },
  { title: "Since", cell: (contact) => <DateTime at={contact.created_at} />, width: "13rem", isExtra: true },
  {
    title: "Actions",
    cell: (contact) => (
      <TextButton isDanger aria-label={`Remove ${contact.email}`} onClick={() => onRemove(contact)}>
        Remove
      </TextButton>
    ),
    width: "6rem",
  },
];

function Add({ onClose }: { readonly onClose: () => void }) {
  const { client, who } = useSession();
  const [email, setEmail] = useState("");
  const [project, setProject] = useState("");
  const add = useAct((contact: CreateContact) => client.contacts.add(contact), {
    topic: "contacts",
    done: ({ email }) => `${email} is told from now on.`,
    onDone: onClose,
  });
  return (
    <Dialog title="New contact" onClose={onClose}>
      <form
        className="grid gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          add.mutate({ email, project_id: project === "" ? null : project });
        }}
      >
        <Field label="Mail address" error={add.error?.message}>
          <Input
            type="email"
            required
            maxLength={254}
            placeholder="ops@example.com"
            value={email}
            onChange={(event) => setEmail(event.target.value)}
          />
        </Field>
        <Choice
          label="Told of models of"
          value={project}
          options={[["", "every project"], ...who.projects.map(({ id, name }) => [id, name] as const)]}
          onPick={setProject}
        />
        <FormEnd verb="Add" isBusy={add.isPending} onClose={onClose} />
      </form>
    </Dialog>
  );
}

type RemoveProps = { readonly contact: NoticeContact; readonly onClose: () => void };

function Remove({ contact, onClose }: RemoveProps) {
  const { contacts } = useSession().client;
  const remove = useAct(() => contacts.remove(contact.id), {
    topic: "contacts",
    done: `${contact.email} is told nothing any more.`,
    onDone: onClose,
  });
  return (
    <Confirm
      title={`Remove ${contact.email}?`}
      verb="Remove"
      isBusy={remove.isPending}
      error={remove.error?.message}
      onYes={() => remove.mutate(undefined)}
      onClose={onClose}
    >
      <p>Notices of last days no longer reach this address.</p>
    </Confirm>
  );
}

/** Who gets notices of dates by mail. */
export function Contacts() {
  const { client, who } = useSession();
  const [isAdding, setAdding] = useState(false);
  const [leaving, setLeaving] = useState<NoticeContact | null>(null);
  const found = useQuery({ queryKey: ["contacts"], queryFn: () => collect(client.contacts.list()) });
  const nameOf = (id: string | null) =>
    id === null ? "every project" : (who.projects.find((one) => one.id === id)?.name ?? id);
  return (
    <Card title="Contacts for notices" actions={<Button onClick={() => setAdding(true)}>New contact</Button>}>
      {isAdding && <Add onClose={() => setAdding(false)} />}
      {leaving && <Remove contact={leaving} onClose={() => setLeaving(null)} />}
      <QueryView
        query={found}
        isEmpty={({ length }) => length === 0}
        empty={
          <Empty title="Nobody is told by mail yet" command="npx perennial contacts add ops@example.com">
            Contacts get a mail when a model that they use gets a last day, and before it comes.
          </Empty>
        }
      >
        {(all) => (
          <Table
            label="Contacts"
            columns={columns({ nameOf, onRemove: setLeaving })}
            rows={all}
            keyOf={({ id }) => id}
          />
        )}
      </QueryView>
    </Card>
  );
}
