import { type FormEvent, useState } from "react";
import { Dialog, FormEnd } from "./dialog.tsx";
import { Field, Input } from "./field.tsx";

type Props = {
  readonly title: string;
  readonly label: string;
  readonly hint?: string;
  readonly verb: string;
  readonly isBusy: boolean;
  readonly error?: string | undefined;
  readonly type?: "text" | "email";
  readonly onSend: (name: string) => void;
  readonly onClose: () => void;
};

/** Asks for one line of text. */
export function NameForm({ title, label, hint, verb, isBusy, error, type = "text", onSend, onClose }: Props) {
  const [name, setName] = useState("");
  const send = (event: FormEvent) => {
    event.preventDefault();
    onSend(name.trim());
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={send} className="grid gap-4">
        <Field label={label} hint={hint} error={error}>
          <Input
            type={type}
            required
            maxLength={type === "email" ? 254 : 100}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        </Field>
        <FormEnd verb={verb} isBusy={isBusy} disabled={name.trim() === ""} onClose={onClose} />
      </form>
    </Dialog>
  );
}
