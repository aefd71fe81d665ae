import { excerpt, type Span } from "./locate.ts";

/** A row as it stands in the file, the fault marked. */
export function RowText({ text, span }: { readonly text: string; readonly span: Span | null }) {
  const [before, fault, after] = excerpt(text, span);
  return (
    <code className="block rounded bg-sunk px-2 py-1 font-mono text-sm wrap-anywhere whitespace-pre-wrap">
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
