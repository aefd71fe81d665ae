import { useQuery, useQueryClient } from "@tanstack/react-query";
import type { JobMetrics } from "../../../contract/job-metrics.ts";
import { useClient } from "../../session.tsx";
import { addMetrics } from "./add-metrics.ts";

/** All steps of a job; when it is asked for again, only those that are new. */
export function useMetrics(id: string) {
  const client = useClient();
  const queries = useQueryClient();
  const queryKey = ["jobs", id, "metrics"];
  return useQuery({
    queryKey,
    enabled: id !== "",
    // To look through 20,000 steps for what is equal takes longer than to draw them.
    structuralSharing: false,
    queryFn: async ({ signal }) => {
      let known = queries.getQueryData<JobMetrics>(queryKey);
      for (;;) {
        const page = await client.jobs.metrics(id, known ? { after: known.last } : {}, signal);
        known = known ? addMetrics(known, page) : page;
        if (!page.has_more) return known;
      }
    },
  });
}
