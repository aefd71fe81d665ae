/** What several pages ask the server for. */
import { useQuery } from "@tanstack/react-query";
import { useClient } from "./session.tsx";

/** Base and tuned models that the caller may use. */
export function useModels() {
  const client = useClient();
  return useQuery({ queryKey: ["models"], queryFn: () => client.models.list() });
}

/** The machine and its server, asked for again every so often. */
export function useSystem(refreshMs: number) {
  const client = useClient();
  return useQuery({
    queryKey: ["system"],
    queryFn: () => client.system.get(),
    refetchInterval: refreshMs,
  });
}
