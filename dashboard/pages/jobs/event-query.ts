import { useQuery } from "@tanstack/react-query";
import { useClient } from "../../session.tsx";
import { collect } from "../../ui/list.ts";

/** What is told in words, newest first; the steps, thousands of them, are the curves'. */
export function useEvents(id: string) {
  const client = useClient();
  return useQuery({
    queryKey: ["jobs", id, "events"],
    queryFn: () => collect(client.jobs.events(id, "message")),
  });
}
