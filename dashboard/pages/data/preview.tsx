// biome-ignore-all lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
// biome-ignore-all lint/a11y/useSemanticElements: a group of words is no set of inputs
import { useInfiniteQuery } from "@tanstack/react-query";
import type { PreviewRow } from "../../../contract/training-data.ts";
import { useClient } from "../../session.tsx";
import { Button } from "../../ui/button.tsx";
import { whole } from "../../ui/format.ts";
import { Failed, Skeleton } from "../../ui/states.tsx";
import { runsOf } from "./token-runs.ts";

const ROWS = 3;
type Branch = PreviewRow["branches"][number];

const names: Record<Branch["name"], string> = {
  row: "",
  earlier_answer: "an earlier answer, as it is asked",
  preferred: "preferred",
  non_preferred: "not preferred",
};

const Tokens = ({ branch: { name, tokens, tokens_cut } }: { readonly branch: Branch }) => (
  <div className="grid gap-1">
    <p className="text-sm text-soft">
      {[
        names[name],
        `${whole(tokens.length)} tokens, ${whole(tokens.filter(({ is_trained }) => is_trained).length)} of them learnt`,
        tokens_cut > 0 ? `${whole(tokens_cut)} cut at the context's end` : "",
      ]
        .filter((part) => part !== "")
        .join(" · ")}
    </p>
    <div
      role="group"
      aria-label="Tokens"
      tabIndex={0}
      className="max-h-96 overflow-y-auto rounded bg-sunk px-3 py-2 font-mono text-sm wrap-anywhere whitespace-pre-wrap"
    >
      {runsOf(tokens).map(({ at, text, isTrained }) =>
        isTrained ? (
          <mark
            key={at}
            className="rounded bg-accent/15 text-ink underline decoration-accent decoration-2 underline-offset-4"
          >
            {text}
          </mark>
        ) : (
          <span key={at} className="text-soft">
            {text}
          </span>
        ),
      )}
    </div>
  </div>
);

const Row = ({ row }: { readonly row: PreviewRow }) => (
  <li className="grid gap-2">
    <h3 className="text-sm font-medium">Line {row.line}</h3>
    {row.error !== null && <p className="text-bad">{row.error}</p>}
    {row.branches.map((branch, place) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: a row's branches never change their order
      <Tokens key={place} branch={branch} />
    ))}
  </li>
);

/** Rows as the model reads them, token by token; those that are learnt are marked. */
export function Preview({ id, model }: { readonly id: string; readonly model: string }) {
  const client = useClient();
  const found = useInfiniteQuery({
    queryKey: ["preview", id, model],
    enabled: model !== "",
    staleTime: "static",
    initialPageParam: 0,
    queryFn: ({ pageParam, signal }) =>
      client.fileChecks.preview(id, { model, limit: ROWS, after: pageParam, signal }),
    getNextPageParam: ({ has_more, last_line }) => (has_more ? last_line : null),
  });
  if (found.error) return <Failed error={found.error} retry={() => void found.refetch()} />;
  if (!found.data) return <Skeleton />;
  return (
    <div className="grid gap-3">
      <p className="text-sm text-soft">
        <mark className="rounded bg-accent/15 text-ink underline decoration-accent decoration-2 underline-offset-4">
          Marked
        </mark>
        {" is what the model learns to write; the rest it only reads."}
      </p>
      <ol className="grid gap-4">
        {found.data.pages.flatMap(({ data }) => data.map((row) => <Row key={row.line} row={row} />))}
      </ol>
      {found.hasNextPage && (
        <div>
          <Button isBusy={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
            Show more rows
          </Button>
        </div>
      )}
    </div>
  );
}
