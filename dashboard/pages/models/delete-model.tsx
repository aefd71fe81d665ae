import { useState } from "react";
import { useClient } from "../../session.tsx";
import { useAct } from "../../ui/act.ts";
import { Button } from "../../ui/button.tsx";
import { Confirm } from "../../ui/confirm.tsx";
import { TextButton } from "../../ui/text-button.tsx";

type Props = { readonly id: string; readonly isSmall?: boolean; readonly onDeleted?: () => void };

export function DeleteModel({ id, isSmall = false, onDeleted }: Props) {
  const client = useClient();
  const [isAsking, setAsking] = useState(false);
  const remove = useAct(() => client.models.delete(id), {
    topic: "models",
    done: `${id} is deleted.`,
    onDone: () => {
      setAsking(false);
      onDeleted?.();
    },
  });
  return (
    <>
      {isSmall ? (
        <TextButton isDanger aria-label={`Delete ${id}`} onClick={() => setAsking(true)}>
          Delete
        </TextButton>
      ) : (
        <Button kind="danger" onClick={() => setAsking(true)}>
          Delete
        </Button>
      )}
      {isAsking && (
        <Confirm
          title="Delete this model?"
          verb="Delete"
          isBusy={remove.isPending}
          error={remove.error?.message}
          onYes={() => remove.mutate(undefined)}
          onClose={() => setAsking(false)}
        >
          <p className="font-mono text-sm break-all">{id}</p>
          <p className="whitespace-normal">
            Requests for it will be refused from now on. It cannot be taken back: export it first to keep it.
          </p>
        </Confirm>
      )}
    </>
  );
}
