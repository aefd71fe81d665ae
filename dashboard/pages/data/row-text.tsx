import { excerpt, locate, type Span } from "./locate.ts";

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

type PlaceProps = { readonly text: string; readonly param: string | null };
export const RowAt = ({ text, param }: PlaceProps) => (
  <RowText text={text} span={param === null ? null : locate(text, param)} />
);
