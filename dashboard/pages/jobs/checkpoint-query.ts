import { useQuery } from "@tanstack/react-query";
import { useClient } from "../../session.tsx";
import { collect } from "../../ui/list.ts";

/** Newest first. */
export function useCheckpoints(id: string) {
  const client = useClient();
  return useQuery({
    queryKey: ["jobs", id, "checkpoints"],
    queryFn: () => collect(client.jobs.checkpoints(id)),
  });
}
