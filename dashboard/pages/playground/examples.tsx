import { useId, useState } from "react";
import { useLocation } from "wouter";
import { useClient } from "../../session.tsx";
import { useAct } from "../../ui/act.ts";
import { useAddress } from "../../ui/address.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { CopyButton } from "../../ui/code.tsx";
import { Dialog, FormEnd } from "../../ui/dialog.tsx";
import { download } from "../../ui/download.ts";
import { Field, Textarea } from "../../ui/field.tsx";
import { useToast } from "../../ui/toast.tsx";
import type { Answer } from "./answer.ts";
import { exampleOf } from "./setup.ts";
import type { Question } from "./use-answers.ts";
import { useExamples } from "./use-examples.ts";

type SaveProps = { question: Question; answer: Answer; onClose: () => void };

/** An answer that is nearly right is a good example once it is mended. */
export function SaveExample({ question, answer, onClose }: SaveProps) {
  const { add } = useExamples();
  const tell = useToast();
  const form = useId();
  const [text, setText] = useState(answer.text);
  const isNothing = text.trim() === "" && answer.calls.length === 0;
  return (
    <Dialog title="Save as an example" onClose={onClose}>
      <form
        id={form}
        className="grid gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          add(exampleOf(question, answer, text));
          tell("Saved under the answers. Upload or download the examples before you close the page.");
          onClose();
        }}
      >
        <Field label="The answer to learn" hint="Mend it first, if it is not quite what it should be.">
          <Textarea autoFocus rows={8} value={text} onChange={(event) => setText(event.target.value)} />
        </Field>
        {answer.calls.length > 0 && <p className="text-soft">The tool calls are saved with it.</p>}
        <FormEnd verb="Save" disabled={isNothing} onClose={onClose} />
      </form>
    </Dialog>
  );
}

export function Examples() {
  const { rows, remove } = useExamples();
  const client = useClient();
  const address = useAddress();
  const [, go] = useLocation();
  const text = rows.map((row) => `${row}\n`).join("");
  const upload = useAct(
    () => client.files.upload({ name: "examples.jsonl", bytes: new Blob([text]), purpose: "fine-tune" }),
    { topic: "files", onDone: ({ id }) => go(address("/new", { file: id })) },
  );
  const save = () => download(new Blob([text], { type: "application/jsonl" }), "examples.jsonl");
  if (rows.length === 0) return null;
  return (
    <Card
      title={`Saved examples (${rows.length})`}
      actions={
        <div className="flex flex-wrap items-center gap-2">
          <CopyButton text={text} label="Copy all" />
          <Button isBusy={upload.isPending} onClick={() => upload.mutate(undefined)}>
            Upload and tune
          </Button>
          <Button onClick={save}>Download .jsonl</Button>
        </div>
      }
    >
      <p className="mb-2 text-sm text-soft">
        Rows of a training file. They are kept until this page is closed or loaded again: upload them to
        Files, or download them.
      </p>
      <ol className="grid gap-1">
        {rows.map((row, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a row has nothing else of its own
          <li key={index} className="flex min-w-0 items-center gap-2">
            <code className="min-w-0 grow truncate font-mono text-sm">{row}</code>
            <CopyButton text={row} />
            <Button aria-label={`Remove example ${index + 1}`} onClick={() => remove(index)}>
              Remove
            </Button>
          </li>
        ))}
      </ol>
    </Card>
  );
}
