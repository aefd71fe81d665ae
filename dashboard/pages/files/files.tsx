import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useSearch } from "wouter";
import { type FileObject, UploadPurpose } from "../../../contract/files.ts";
import { useClient } from "../../session.tsx";
import { Button } from "../../ui/button.tsx";
import { Card, Page } from "../../ui/card.tsx";
import { CopyButton } from "../../ui/code.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { Field, Input, Select } from "../../ui/field.tsx";
import { bytes } from "../../ui/format.ts";
import { collect } from "../../ui/list.ts";
import { Empty, QueryView } from "../../ui/states.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { useUrlState } from "../../ui/url-state.ts";
import { UploadBox } from "../data/upload.tsx";
import { FileDetail } from "./file-detail.tsx";

const linkOf = (search: string, id: string) => {
  const params = new URLSearchParams(search);
  params.set("file", id);
  return `/files?${params}`;
};

const columns = (search: string): readonly Column<FileObject>[] => [
  {
    title: "Name",
    cell: ({ id, filename }) => (
      <Link href={linkOf(search, id)} className="text-accent hover:underline">
        {filename}
      </Link>
    ),
    width: "minmax(0, 2fr)",
  },
  { title: "Purpose", cell: ({ purpose }) => purpose, width: "minmax(6rem, 10rem)", isExtra: true },
  { title: "Size", cell: (file) => bytes(file.bytes), isNumber: true, width: "6rem" },
  { title: "Created", cell: (file) => <DateTime at={file.created_at} />, width: "13rem", isExtra: true },
  {
    title: "Id",
    cell: ({ id }) => (
      <span className="flex items-center font-mono text-sm">
        <span className="truncate">{id}</span>
        <CopyButton text={id} />
      </span>
    ),
    isExtra: true,
  },
];

const isWanted = ({ id, filename, purpose }: FileObject, text: string) =>
  `${id} ${filename} ${purpose}`.toLowerCase().includes(text.toLowerCase());

function Upload({ onDone }: { readonly onDone: (file: FileObject) => void }) {
  const [purpose, setPurpose] = useState<UploadPurpose>("fine-tune");
  return (
    <Card title="Upload a file">
      <div className="grid gap-3">
        <div className="max-w-xs">
          <Field label="Purpose" hint="What the file is for.">
            <Select value={purpose} onChange={(event) => setPurpose(UploadPurpose.parse(event.target.value))}>
              {UploadPurpose.options.map((one) => (
                <option key={one}>{one}</option>
              ))}
            </Select>
          </Field>
        </div>
        <UploadBox label="Drop a file here, or pick one" purpose={purpose} onDone={onDone} />
      </div>
    </Card>
  );
}

function FileList({ onOpen }: { readonly onOpen: (id: string) => void }) {
  const client = useClient();
  const search = useSearch();
  const [text, setText] = useUrlState("find");
  const [isUploading, setUploading] = useState(false);
  const files = useQuery({ queryKey: ["files"], queryFn: () => collect(client.files.list()) });
  return (
    <Page
      title="Files"
      actions={
        <Button kind="primary" aria-expanded={isUploading} onClick={() => setUploading(!isUploading)}>
          Upload
        </Button>
      }
    >
      {isUploading && <Upload onDone={({ id }) => onOpen(id)} />}
      <Input
        aria-label="Find a file"
        placeholder="Find by name, id or purpose"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <QueryView
        query={files}
        isEmpty={({ length }) => length === 0}
        empty={
          <Empty title="No file yet" command="npx perennial files upload train.jsonl">
            Press Upload, or type:
          </Empty>
        }
      >
        {(all) => {
          const rows = all.filter((file) => isWanted(file, text));
          if (rows.length === 0) return <Empty title="No file is like that." />;
          return <Table label="Files" columns={columns(search)} rows={rows} keyOf={({ id }) => id} />;
        }}
      </QueryView>
    </Page>
  );
}

export default function Files() {
  const [id, open] = useUrlState("file");
  return id === "" ? <FileList onOpen={open} /> : <FileDetail id={id} onClose={() => open("")} />;
}
