import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useClient } from "../../session.tsx";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { useToast } from "../../ui/toast.tsx";

type Props = { readonly id: string; readonly isSmall?: boolean; readonly onDeleted?: () => void };

export function DeleteModel({ id, isSmall = false, onDeleted }: Props) {
  const client = useClient();
  const queries = useQueryClient();
  const tell = useToast();
  const [isAsking, setAsking] = useState(false);
  const remove = useMutation({
    mutationFn: () => client.models.delete(id),
    onSuccess: () => {
      setAsking(false);
      tell(`${id} is deleted.`);
      onDeleted?.();
      void queries.invalidateQueries({ queryKey: ["models"] });
    },
    onError: (error) => tell(error.message, true),
  });
  return (
    <>
      <Button
        kind="danger"
        aria-label={`Delete ${id}`}
        onClick={() => setAsking(true)}
        className={isSmall ? "!py-0" : ""}
      >
        Delete
      </Button>
      {isAsking && (
        <Dialog title="Delete this model?" onClose={() => setAsking(false)}>
          <p className="mb-2 font-mono text-sm break-all">{id}</p>
          <p className="mb-4 whitespace-normal">
            Requests for it will be refused from now on. It cannot be taken back: export it first to keep it.
          </p>
          <div className="flex justify-end gap-2">
            <Button autoFocus onClick={() => setAsking(false)}>
              Keep it
            </Button>
            <Button kind="danger" isBusy={remove.isPending} onClick={() => remove.mutate()}>
              Delete
            </Button>
          </div>
        </Dialog>
      )}
    </>
  );
}
