import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import type { FineTuningJob } from "../../../contract/fine-tuning.ts";
import { useClient } from "../../session.tsx";
import { hasGap, mergeJobs } from "./merge-jobs.ts";
import { isOver } from "./status.ts";

const PAGE = 100;
/** Of the older jobs, those still open that are asked for one by one. */
const MOST_WATCHED = 20;

/** Kept out of the topic "jobs": with every step of any job all pages would be asked for again. */
function usePages() {
  const client = useClient();
  return useInfiniteQuery({
    queryKey: ["job-pages"],
    staleTime: 0,
    structuralSharing: false,
    initialPageParam: "",
    queryFn: ({ pageParam, signal }) =>
      client.jobs.page({ limit: PAGE, ...(pageParam === "" ? {} : { after: pageParam }) }, signal),
    getNextPageParam: ({ data, has_more }) => (has_more ? data.at(-1)?.id : undefined),
    refetchOnWindowFocus: false,
  });
}

/** What may have changed of what is shown: the newest, and open ones further down. */
function useNow(pages: readonly FineTuningJob[]) {
  const client = useClient();
  const open = pages
    .slice(PAGE)
    .filter((job) => !isOver(job))
    .slice(-MOST_WATCHED)
    .map(({ id }) => id);
  return useQuery({
    queryKey: ["jobs", "now", open],
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) => {
      const [newest, others] = await Promise.all([
        client.jobs.page({ limit: PAGE }, signal),
        Promise.all(open.map((id) => client.jobs.get(id))),
      ]);
      return { newest: newest.data, others };
    },
  });
}

/** Jobs newest first, page by page; all of them where `isWhole` asks for that. */
export function useJobPages(isWhole: boolean) {
  const found = usePages();
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = found;
  const pages = useMemo(() => found.data?.pages.flatMap(({ data }) => data) ?? [], [found.data]);
  const { data: now } = useNow(pages);
  const jobs = useMemo(() => (now ? mergeJobs(pages, now) : pages), [pages, now]);
  const { refetch } = found;
  const isGapped = now !== undefined && !found.isFetching && !found.error && hasGap(pages, now, PAGE);
  useEffect(() => {
    if (isGapped) void refetch();
  }, [isGapped, refetch]);
  const more = () => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  };
  useEffect(() => {
    if (isWhole) more();
  });
  return { query: found, jobs, more, hasMore: hasNextPage };
}
