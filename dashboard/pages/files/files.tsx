import { useQuery } from "@tanstack/react-query";
import type { FileObject } from "../../../contract/files.ts";
import { useClient } from "../../session.tsx";
import { Page } from "../../ui/card.tsx";
import { CopyButton } from "../../ui/code.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { Input } from "../../ui/field.tsx";
import { bytes } from "../../ui/format.ts";
import { collect } from "../../ui/list.ts";
import { Empty, QueryView } from "../../ui/states.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { useUrlState } from "../../ui/url-state.ts";

const columns: readonly Column<FileObject>[] = [
  { title: "Name", cell: ({ filename }) => filename, width: "minmax(0, 2fr)" },
  { title: "Purpose", cell: ({ purpose }) => purpose, width: "10rem" },
  { title: "Size", cell: (file) => bytes(file.bytes), isNumber: true, width: "6rem" },
  { title: "Created", cell: (file) => <DateTime at={file.created_at} />, width: "12rem", isExtra: true },
  {
    title: "Id",
    cell: ({ id }) => (
      <span className="font-mono text-sm">
        {id} <CopyButton text={id} />
      </span>
    ),
    isExtra: true,
  },
];

const isWanted = ({ id, filename, purpose }: FileObject, text: string) =>
  `${id} ${filename} ${purpose}`.toLowerCase().includes(text.toLowerCase());

export default function Files() {
  const client = useClient();
  const [text, setText] = useUrlState("find");
  const files = useQuery({ queryKey: ["files"], queryFn: () => collect(client.files.list()) });
  return (
    <Page title="Files">
      <Input
        aria-label="Find a file"
        placeholder="Find by name, id or purpose"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <QueryView
        query={files}
        isEmpty={({ length }) => length === 0}
        empty={<Empty title="No file yet" command="npx perennial files upload train.jsonl" />}
      >
        {(all) => {
          const rows = all.filter((file) => isWanted(file, text));
          if (rows.length === 0) return <Empty title="No file is like that." />;
          return <Table label="Files" columns={columns} rows={rows} keyOf={({ id }) => id} />;
        }}
      </QueryView>
    </Page>
  );
}
