import { useQuery } from "@tanstack/react-query";
import { organization } from "../../organization.ts";
import { useSession } from "../../session.tsx";
import type { Group } from "./sums.ts";

/** Of projects and keys people know the names; models are called by their ids. A project's key knows its own alone. */
export function useNames(group: Group): (id: string) => string {
  const { who } = useSession();
  const isAdmin = who.kind === "admin";
  const projects = useQuery({
    queryKey: ["keys", "projects"],
    queryFn: () => organization.projects.listWithArchived(),
    enabled: isAdmin && group !== "model",
  });
  const keys = useQuery({
    queryKey: ["keys", "all"],
    queryFn: async () => {
      const all = await organization.projects.listWithArchived();
      return (await Promise.all(all.map(({ id }) => organization.projects.listKeys(id)))).flat();
    },
    enabled: isAdmin && group === "key",
  });
  const known = new Map([
    ...(projects.data ?? []).map(({ id, name }) => [id, name] as const),
    ...(keys.data ?? []).map(({ id, name, redacted_value }) => [id, `${name} (${redacted_value})`] as const),
    ...(isAdmin ? [] : [[who.key_id, "this key"] as const]),
  ]);
  return (id) => known.get(id) ?? id;
}
