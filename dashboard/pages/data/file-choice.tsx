import { useQuery } from "@tanstack/react-query";
import { useClient } from "../../session.tsx";
import { Field, Select } from "../../ui/field.tsx";
import { bytes, local } from "../../ui/format.ts";
import { collect } from "../../ui/list.ts";

type Props = {
  readonly label: string;
  /** What choosing none means. */
  readonly none: string;
  readonly value: string;
  readonly error?: string | undefined;
  readonly hint?: string | undefined;
  readonly onChange: (id: string) => void;
};

/** One of the uploaded files of training data. */
export function FileChoice({ label, none, value, error, hint, onChange }: Props) {
  const client = useClient();
  const files = useQuery({
    queryKey: ["files", "fine-tune"],
    queryFn: () => collect(client.files.list({ purpose: "fine-tune" })),
  });
  const isUnknown = value !== "" && !files.data?.some(({ id }) => id === value);
  return (
    <Field label={label} error={error ?? files.error?.message} hint={hint}>
      <Select value={value} onChange={(event) => onChange(event.target.value)}>
        <option value="">{none}</option>
        {isUnknown && <option value={value}>{value}</option>}
        {files.data?.map((file) => (
          <option key={file.id} value={file.id}>
            {`${file.filename}, ${bytes(file.bytes)}, ${local(file.created_at)}`}
          </option>
        ))}
      </Select>
    </Field>
  );
}
