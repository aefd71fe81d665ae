import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useSearch } from "wouter";
import type { FileObject } from "../../../contract/files.ts";
import { useClient } from "../../session.tsx";
import { StatusBadge } from "../../ui/badge.tsx";
import { Button, LinkButton } from "../../ui/button.tsx";
import { Card, Page, Stat } from "../../ui/card.tsx";
import { CopyButton } from "../../ui/code.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, Select } from "../../ui/field.tsx";
import { bytes, whole } from "../../ui/format.ts";
import { QueryView } from "../../ui/states.tsx";
import { useToast } from "../../ui/toast.tsx";
import { useUrlState } from "../../ui/url-state.ts";
import { useCheck } from "../data/check-query.ts";
import { CheckReport } from "../data/check-report.tsx";
import { Preview } from "../data/preview.tsx";
import { saveAs } from "./download.ts";

type FileProps = { readonly file: FileObject };

function DeleteDialog({ file, onClose, onDone }: FileProps & { onClose: () => void; onDone: () => void }) {
  const client = useClient();
  const queries = useQueryClient();
  const tell = useToast();
  const act = useMutation({
    mutationFn: () => client.files.delete(file.id),
    onSuccess: () => {
      tell(`${file.filename} is deleted.`);
      onDone();
      void queries.invalidateQueries({ queryKey: ["files"] });
    },
    onError: (error) => tell(error.message, true),
  });
  return (
    <Dialog title={`Delete ${file.filename}?`} onClose={onClose}>
      <p className="mb-4">No new job can use it then, and it cannot be brought back.</p>
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Keep it</Button>
        <Button kind="danger" isBusy={act.isPending} onClick={() => act.mutate()}>
          Delete
        </Button>
      </div>
    </Dialog>
  );
}

function useLink(path: string, more: Readonly<Record<string, string>>): string {
  const project = new URLSearchParams(useSearch()).get("project");
  const params = new URLSearchParams({ ...(project ? { project } : {}), ...more }).toString();
  return params === "" ? path : `${path}?${params}`;
}

function Actions({ file, onDone }: FileProps & { readonly onDone: () => void }) {
  const client = useClient();
  const tell = useToast();
  const [isAsking, setAsking] = useState(false);
  const newJob = useLink("/new", { file: file.id });
  const save = useMutation({
    mutationFn: async () => saveAs(file.filename, await client.files.content(file.id)),
    onError: (error) => tell(error.message, true),
  });
  return (
    <>
      {file.purpose === "fine-tune" && (
        <LinkButton href={newJob} kind="primary">
          Fine-tune with it
        </LinkButton>
      )}
      <Button isBusy={save.isPending} onClick={() => save.mutate()}>
        Download
      </Button>
      <Button kind="danger" onClick={() => setAsking(true)}>
        Delete
      </Button>
      {isAsking && <DeleteDialog file={file} onClose={() => setAsking(false)} onDone={onDone} />}
    </>
  );
}

const Facts = ({ file }: FileProps) => (
  <dl className="flex flex-wrap gap-x-8 gap-y-3">
    <Stat label="Size">{bytes(file.bytes)}</Stat>
    <Stat label="Purpose">{file.purpose}</Stat>
    <Stat label="Status">
      <StatusBadge status={file.status} />
    </Stat>
    <Stat label="Created">
      <DateTime at={file.created_at} />
    </Stat>
    {file.expires_at !== undefined && (
      <Stat label="Expires">
        <DateTime at={file.expires_at} />
      </Stat>
    )}
    <div className="min-w-0">
      <dt className="text-sm text-soft">Id</dt>
      <dd className="font-mono text-sm break-all">
        {file.id} <CopyButton text={file.id} />
      </dd>
    </div>
  </dl>
);

function Check({ id }: { readonly id: string }) {
  const check = useCheck(id, {});
  return (
    <Card title="Check">
      <QueryView query={check}>
        {({ training, passes, error }) => (
          <div className="grid gap-3">
            <CheckReport id={id} report={training} passes={passes} />
            {error !== null && training.problem_count === 0 && <p className="text-bad">{error.message}</p>}
          </div>
        )}
      </QueryView>
    </Card>
  );
}

function Counted({ id, model }: { readonly id: string; readonly model: string }) {
  const { data } = useCheck(id, { model }, model !== "");
  if (!data?.tokens) return null;
  const { tokens, trained_tokens, longest_row, over_context, is_complete, context_length } = data.tokens;
  return (
    <p className="mb-3 text-sm text-soft">
      {`${is_complete ? "" : "At least "}${whole(tokens)} tokens, ${whole(trained_tokens)} of them trained`}
      {longest_row && `; the longest row is line ${longest_row.line} with ${whole(longest_row.tokens)}`}
      {`; the context holds ${whole(context_length)}`}
      {over_context.rows > 0 && `, and ${whole(over_context.rows)} rows are cut`}.
    </p>
  );
}

function Rows({ id }: { readonly id: string }) {
  const client = useClient();
  const [chosen, choose] = useUrlState("model");
  const models = useQuery({ queryKey: ["models"], queryFn: () => client.models.list() });
  const model = chosen || (models.data?.[0]?.id ?? "");
  return (
    <Card title="Rows as the model reads them">
      <div className="mb-3 max-w-md">
        <Field label="Model" error={models.error?.message}>
          <Select value={model} onChange={(event) => choose(event.target.value)}>
            {models.data?.map(({ id: name }) => (
              <option key={name}>{name}</option>
            ))}
          </Select>
        </Field>
      </div>
      <Counted id={id} model={model} />
      <Preview id={id} model={model} />
    </Card>
  );
}

export function FileDetail({ id, onClose }: { readonly id: string; readonly onClose: () => void }) {
  const client = useClient();
  const found = useQuery({ queryKey: ["files", id], queryFn: () => client.files.get(id) });
  return (
    <Page
      title={found.data?.filename ?? "File"}
      actions={
        <>
          <Button onClick={onClose}>All files</Button>
          {found.data && <Actions file={found.data} onDone={onClose} />}
        </>
      }
    >
      <QueryView query={found}>
        {(file) => (
          <>
            <Card>
              <Facts file={file} />
            </Card>
            {file.purpose === "fine-tune" && (
              <>
                <Check id={id} />
                <Rows id={id} />
              </>
            )}
          </>
        )}
      </QueryView>
    </Page>
  );
}
