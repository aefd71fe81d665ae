import { useQuery } from "@tanstack/react-query";
import { useClient, useSession } from "../../session.tsx";
import { Card } from "../../ui/card.tsx";
import { Code } from "../../ui/code.tsx";
import { collect } from "../../ui/list.ts";
import { QueryView } from "../../ui/states.tsx";

/** Only an admin key may ask with whom a model is shared. */
function Shared({ id }: { readonly id: string }) {
  const client = useClient();
  const { who } = useSession();
  const nameOf = (project: string) =>
    who.projects.find(({ id: known }) => known === project)?.name ?? project;
  const found = useQuery({
    queryKey: ["models", id, "permissions"],
    queryFn: () => collect(client.checkpointPermissions.list(id)),
  });
  return (
    <QueryView query={found}>
      {(permissions) => (
        <>
          <p>
            The project that tuned it
            {permissions.length > 0 && `, and ${permissions.length} more that it is shared with:`}
          </p>
          <ul className="list-disc pl-5">
            {permissions.map(({ id: key, project_id }) => (
              <li key={key}>{nameOf(project_id)}</li>
            ))}
          </ul>
        </>
      )}
    </QueryView>
  );
}

export function WhoMayUse({ id, isTuned }: { readonly id: string; readonly isTuned: boolean }) {
  const { who } = useSession();
  return (
    <Card title="Who may use it">
      {!isTuned && <p>Every project of this server.</p>}
      {isTuned && who.kind === "admin" && <Shared id={id} />}
      {isTuned && who.kind === "project" && (
        <div className="grid grid-cols-1 gap-2">
          <p>Your project. An admin key shows with which others it is shared:</p>
          <Code text={`npx perennial permissions list ${id}`} />
        </div>
      )}
    </Card>
  );
}
