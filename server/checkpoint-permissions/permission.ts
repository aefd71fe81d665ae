import type { CheckpointPermission } from "../../contract/checkpoint-permissions.ts";
import { Refusal } from "../../contract/errors.ts";
import type { PermissionRow } from "./permission-store.ts";

export const presentPermission = (row: PermissionRow): CheckpointPermission => ({
  id: row.id,
  object: "checkpoint.permission",
  created_at: row.created_at,
  project_id: row.project_id,
});

type Project = { readonly id: string; readonly archived_at: number | null };

/** What stands in the way of giving this project a permission, if anything. */
export function assertGrantable(project: Project | undefined, ownerId: string, asked: AskedProject): void {
  if (!project) {
    const text = `No project ${asked.id} in this organization. Permissions are for projects of the same organization.`;
    throw new Refusal("project_not_found", text, asked.param);
  }
  if (project.archived_at !== null) {
    throw new Refusal("invalid_value", `Project ${asked.id} is archived: no key of it works.`, asked.param);
  }
  if (project.id === ownerId) {
    const text = `Project ${asked.id} owns this checkpoint: it needs no permission. Leave it out.`;
    throw new Refusal("invalid_value", text, asked.param);
  }
}

export type AskedProject = { readonly id: string; readonly param: string };
