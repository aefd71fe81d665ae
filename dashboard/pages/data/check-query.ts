import { useQuery } from "@tanstack/react-query";
import type { Method } from "../../../contract/training.ts";
import { useClient } from "../../session.tsx";

type Wanted = {
  readonly method?: Method | undefined;
  readonly model?: string | undefined;
  readonly validationFile?: string | undefined;
};

/** A file never changes, nor does what is wrong with it. */
export function useCheck(id: string, wanted: Wanted, isEnabled = id !== "") {
  const client = useClient();
  return useQuery({
    queryKey: ["check", id, wanted],
    enabled: isEnabled,
    staleTime: "static",
    queryFn: ({ signal }) => client.fileChecks.check(id, { ...wanted, signal }),
  });
}
