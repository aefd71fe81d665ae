import { excerpt, locate } from "./locate.ts";

/** A row as it stands in the file, the fault marked. */
export function RowText({ text, param }: { readonly text: string; readonly param: string | null }) {
  const [before, fault, after] = excerpt(text, param === null ? null : locate(text, param));
  return (
    <code className="block rounded bg-sunk px-2 py-1 font-mono text-sm break-words whitespace-pre-wrap">
      {before}
      {fault !== "" && (
        <mark className="bg-transparent font-semibold text-bad underline decoration-wavy underline-offset-4">
          {fault}
        </mark>
      )}
      {after}
    </code>
  );
}
