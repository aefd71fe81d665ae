import { skipToken, useQuery, useQueryClient } from "@tanstack/react-query";

const queryKey = ["playground-examples"];
const NONE: readonly string[] = [];

/** Rows of a training file, kept as long as the page is open and its project is looked at. */
export function useExamples() {
  const queries = useQueryClient();
  const { data: rows = NONE } = useQuery<readonly string[]>({
    queryKey,
    queryFn: skipToken,
    initialData: NONE,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
  });
  const change = (next: (now: readonly string[]) => readonly string[]) =>
    queries.setQueryData<readonly string[]>(queryKey, (now = NONE) => next(now));
  return {
    rows,
    add: (row: string) => change((now) => [...now, row]),
    remove: (index: number) => change((now) => now.toSpliced(index, 1)),
  };
}
