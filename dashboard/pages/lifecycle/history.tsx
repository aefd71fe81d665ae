import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { take } from "../../../client/pages.ts";
import type { LifecycleChange, LifecycleDocument } from "../../../contract/lifecycle.ts";
import { useClient } from "../../session.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Confirm } from "../../ui/confirm.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { daysUntil } from "../../ui/days-until.ts";
import { Empty, QueryView } from "../../ui/states.tsx";
import { useToast } from "../../ui/toast.tsx";

/** More are listed at the command line. */
const MOST = 100;

/** What a change is about: its models and policies, and those that it takes away. */
function aboutOf({ models, policies, withdraw }: LifecycleDocument): string {
  const named = [
    ...models.map(({ id }) => id),
    ...policies.map((policy) => policy.name ?? ("builtin" in policy ? policy.builtin : "")),
    ...[...withdraw.models, ...withdraw.policies].map((name) => `without ${name}`),
  ];
  return named.join(", ") || "nothing";
}

const mayUndo = ({ undone_by, undoes, undo_until }: LifecycleChange) =>
  undone_by === null &&
  undoes === null &&
  (undo_until === null || daysUntil(undo_until, Date.now() / 1000) > 0);

function UndoQuestion({ change, onClose }: { readonly change: LifecycleChange; onClose(): void }) {
  const client = useClient();
  const tell = useToast();
  const undo = useMutation({
    mutationFn: () => client.lifecycle.undo(change.id),
    onSuccess: () => {
      tell("Undone.");
      onClose();
    },
  });
  return (
    <Confirm
      title="Undo this change?"
      verb="Undo the change"
      isBusy={undo.isPending}
      error={undo.error?.message}
      onYes={() => undo.mutate()}
      onClose={onClose}
    >
      <p>
        {aboutOf(change.document)} is as it was before. Whoever was told of its dates is told that they are
        gone.
      </p>
    </Confirm>
  );
}

function Entry({ change }: { readonly change: LifecycleChange }) {
  const [isAsking, setAsking] = useState(false);
  const what = change.undoes === null ? aboutOf(change.document) : `took back ${change.undoes}`;
  return (
    <li className="grid gap-x-4 gap-y-1 border-b border-line pb-2 last:border-0 sm:grid-cols-[12rem_minmax(0,1fr)_auto]">
      <span className="text-soft">
        <DateTime at={change.created_at} />
      </span>
      <span className="grid min-w-0 break-words">
        <span>
          {what}
          {change.undone_by !== null && <span className="text-soft"> (undone)</span>}
        </span>
        <span className="text-sm text-soft">
          {change.note && `${change.note} `}by <span className="font-mono">{change.key_id}</span>
        </span>
      </span>
      {mayUndo(change) && (
        <Button
          className="self-start justify-self-start"
          aria-label={`Undo: ${what}`}
          onClick={() => setAsking(true)}
        >
          Undo …
        </Button>
      )}
      {isAsking && <UndoQuestion change={change} onClose={() => setAsking(false)} />}
    </li>
  );
}

/** Who changed what, newest first. */
export function History() {
  const client = useClient();
  const found = useQuery({
    queryKey: ["lifecycle", "changes"],
    queryFn: () => take(client.lifecycle.changes(), MOST),
  });
  return (
    <Card title="History">
      <QueryView
        query={found}
        isEmpty={({ length }) => length === 0}
        empty={
          <Empty title="Nothing has been changed yet" command="npx perennial lifecycle plan change.yaml" />
        }
      >
        {(changes) => (
          <ol className="grid gap-2">
            {changes.map((change) => (
              <Entry key={change.id} change={change} />
            ))}
          </ol>
        )}
      </QueryView>
    </Card>
  );
}
