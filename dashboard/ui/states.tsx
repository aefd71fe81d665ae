import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ApiError } from "../../client/errors.ts";
import { Button } from "./button.tsx";
import { Code } from "./code.tsx";

export const Skeleton = ({ lines = 4 }: { readonly lines?: number }) => (
  <div role="status" aria-label="Loading" className="grid animate-pulse gap-2 py-2">
    {Array.from({ length: lines }, (_, line) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: they are all the same
      <div key={line} className="h-5 rounded bg-sunk" />
    ))}
  </div>
);

export const PageSkeleton = () => (
  <div className="mx-auto max-w-6xl p-6">
    <Skeleton lines={8} />
  </div>
);

/** Nothing there yet: what it would be, and the next command. */
export const Empty = ({
  title,
  command,
  children,
}: {
  title: string;
  command?: string;
  children?: ReactNode;
}) => (
  <div className="grid grid-cols-[minmax(0,1fr)] justify-items-center gap-3 rounded-lg border border-dashed border-line px-4 py-10 text-center">
    <p className="font-medium">{title}</p>
    {children && <div className="max-w-prose text-soft">{children}</div>}
    {command && <Code text={command} />}
  </div>
);

/** What is not there is not there the next time either. */
const isMissing = (error: Error): boolean => error instanceof ApiError && error.status === 404;

export const Failed = ({ error, retry }: { readonly error: Error; readonly retry?: () => void }) => (
  <div role="alert" className="grid justify-items-start gap-2 rounded-lg border border-bad bg-panel p-4">
    <p className="font-medium text-bad">This did not work</p>
    <p>{error.message}</p>
    {retry && !isMissing(error) && <Button onClick={retry}>Try again</Button>}
  </div>
);

type ViewProps<Data> = {
  readonly query: UseQueryResult<Data>;
  readonly isEmpty?: (data: Data) => boolean;
  readonly empty?: ReactNode;
  readonly children: (data: Data) => ReactNode;
};

/** A query in all of its states: loading, failed, empty, there. */
export function QueryView<Data>({ query, isEmpty, empty, children }: ViewProps<Data>) {
  if (query.data !== undefined) return isEmpty?.(query.data) ? empty : children(query.data);
  if (query.error) return <Failed error={query.error} retry={() => void query.refetch()} />;
  return <Skeleton />;
}
