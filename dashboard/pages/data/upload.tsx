import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import type { FileObject, UploadPurpose } from "../../../contract/files.ts";
import { useClient } from "../../session.tsx";
import { Button } from "../../ui/button.tsx";
import { FileDrop } from "../../ui/file-drop.tsx";
import { bytes } from "../../ui/format.ts";
import { Progress } from "../../ui/progress.tsx";
import type { LocalCheck } from "./check-stream.ts";
import { findLines, lineIn, positionIn } from "./find-lines.ts";
import { LocalReport } from "./local-report.tsx";
import { RowText } from "./row-text.tsx";
import { TooFew } from "./too-few.tsx";
import { useLocalCheck } from "./use-local-check.ts";

type Refused = {
  readonly message: string;
  readonly line: number | null;
  readonly row: string | null;
  readonly at: number | null;
};

/** Why the server did not take a file, with the row that it names, read from the file here. */
async function explain(error: Error, file: File): Promise<Refused> {
  const line = lineIn(error.message);
  const rows = line === null ? null : await findLines(file.stream(), [line]).catch(() => null);
  return {
    message: error.message,
    line,
    row: (line !== null && rows?.get(line)) || null,
    at: positionIn(error.message),
  };
}

function useUpload(purpose: UploadPurpose, onDone: (file: FileObject) => void) {
  const client = useClient();
  const queries = useQueryClient();
  const stop = useRef<AbortController>(null);
  const [sent, setSent] = useState(0);
  const [refused, setRefused] = useState<Refused | null>(null);
  const local = useLocalCheck();
  useEffect(() => () => stop.current?.abort(), []);
  const upload = useMutation({
    mutationFn: (file: File) => {
      stop.current = new AbortController();
      setSent(0);
      setRefused(null);
      if (purpose === "fine-tune") local.start(file);
      const { signal } = stop.current;
      return client.files.upload({ name: file.name, bytes: file, purpose, onProgress: setSent, signal });
    },
    onSuccess: (file) => {
      void queries.invalidateQueries({ queryKey: ["files"] });
      onDone(file);
    },
    onError: async (error, file) => {
      if (error.name === "AbortError") local.stop();
      else setRefused(await explain(error, file));
    },
  });
  return { upload, sent, refused, check: local.check, stop: () => stop.current?.abort() };
}

const Reason = ({ message, line, row, at }: Refused) => (
  <>
    <p className="wrap-anywhere">{message}</p>
    {row !== null && (
      <>
        <p className="text-sm text-soft">Line {line}:</p>
        <RowText text={row} span={at === null ? null : { start: at, end: at + 1 }} />
      </>
    )}
  </>
);

type RefusedProps = {
  readonly name: string;
  readonly refused: Refused;
  readonly check: LocalCheck | null;
  readonly isTraining: boolean;
};

/** All that is wrong where this browser found it; otherwise why the server refused it. */
const RefusedFile = ({ name, refused, check, isTraining }: RefusedProps) => (
  <div role="alert" className="grid gap-1 rounded-lg border border-bad p-3">
    <p className="font-medium text-bad">{`${name} was not taken`}</p>
    {check?.report.problem_count ? <LocalReport check={check} /> : <Reason {...refused} />}
    {isTraining && check?.isDone && <TooFew training={check.report} />}
  </div>
);

type Props = {
  readonly label: string;
  readonly purpose: UploadPurpose;
  /** A file to learn from has a least number of rows. */
  readonly isTraining?: boolean;
  readonly onDone: (file: FileObject) => void;
};

/** Takes a file, shows how far it is, and what was wrong with it. */
export function UploadBox({ label, purpose, isTraining = false, onDone }: Props) {
  const { upload, sent, refused, check, stop } = useUpload(purpose, onDone);
  const file = upload.variables;
  if (upload.isPending && file) {
    const share = file.size === 0 ? null : Math.min(1, sent / file.size);
    return (
      <div className="grid gap-3 rounded-lg border border-line p-4">
        <Progress
          label={share === 1 ? `The server reads ${file.name}` : `Sending ${file.name}, ${bytes(file.size)}`}
          done={share === 1 ? null : share}
        />
        {check && <LocalReport check={check} />}
        <div>
          <Button onClick={stop}>Stop</Button>
        </div>
      </div>
    );
  }
  const isJsonl = purpose === "fine-tune" || purpose === "batch";
  return (
    <div className="grid gap-2">
      <FileDrop
        label={label}
        hint={isJsonl ? "A .jsonl file: one example a line, as JSON." : "Any file up to 512 MB."}
        {...(isJsonl ? { accept: ".jsonl" } : {})}
        onFile={upload.mutate}
      />
      {refused && <RefusedFile name={file?.name ?? "The file"} {...{ refused, check, isTraining }} />}
    </div>
  );
}
