import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { FileObject } from "../../../contract/files.ts";
import { useModels } from "../../common-queries.ts";
import { useClient } from "../../session.tsx";
import { useAct } from "../../ui/act.ts";
import { useAddress } from "../../ui/address.ts";
import { StatusBadge } from "../../ui/badge.tsx";
import { Button, LinkButton } from "../../ui/button.tsx";
import { Card, Page, Stat } from "../../ui/card.tsx";
import { CopyButton } from "../../ui/code.tsx";
import { Confirm } from "../../ui/confirm.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { download } from "../../ui/download.ts";
import { Field, Select } from "../../ui/field.tsx";
import { bytes, whole } from "../../ui/format.ts";
import { QueryView } from "../../ui/states.tsx";
import { useToast } from "../../ui/toast.tsx";
import { useUrlState } from "../../ui/url-state.ts";
import { useCheck } from "../data/check-query.ts";
import { CheckReport } from "../data/check-report.tsx";
import { Preview } from "../data/preview.tsx";

type FileProps = { readonly file: FileObject };

function DeleteDialog({ file, onClose, onDone }: FileProps & { onClose: () => void; onDone: () => void }) {
  const client = useClient();
  const act = useAct(() => client.files.delete(file.id), {
    topic: "files",
    done: `${file.filename} is deleted.`,
    onDone,
  });
  return (
    <Confirm
      title={`Delete ${file.filename}?`}
      verb="Delete"
      isBusy={act.isPending}
      error={act.error?.message}
      onYes={() => act.mutate(undefined)}
      onClose={onClose}
    >
      <p>No new job can use it then, and it cannot be brought back.</p>
    </Confirm>
  );
}

function Actions({ file, onDone }: FileProps & { readonly onDone: () => void }) {
  const client = useClient();
  const tell = useToast();
  const [isAsking, setAsking] = useState(false);
  const address = useAddress();
  const save = useMutation({
    mutationFn: async () =>
      download(await new Response(await client.files.content(file.id)).blob(), file.filename),
    onError: (error) => tell(error.message, true),
  });
  return (
    <>
      {file.purpose === "fine-tune" && (
        <LinkButton href={address("/new", { file: file.id })} kind="primary">
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
  const [chosen, choose] = useUrlState("model");
  const models = useModels();
  const usual = models.data?.find(({ shutdown_date }) => !shutdown_date) ?? models.data?.[0];
  const model = chosen || (usual?.id ?? "");
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
