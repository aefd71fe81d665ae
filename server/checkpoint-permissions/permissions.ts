import type {
  CheckpointPermission,
  GrantPermissions,
  ListPermissions,
} from "../../contract/checkpoint-permissions.ts";
import type { NamedPage } from "../../contract/common.ts";
import { Refusal } from "../../contract/errors.ts";
import type { Clock } from "../platform/clock.ts";
import { newPermissionId } from "../platform/ids.ts";
import { assertGrantable, presentPermission } from "./permission.ts";
import type { PermissionRow, PermissionStore } from "./permission-store.ts";

type Project = { readonly id: string; readonly archived_at: number | null };
type Needs = {
  store: PermissionStore;
  findProject: (organizationId: string, id: string) => Promise<Project | undefined>;
  now: Clock;
};

const noSuchPermission = (id: string, param: string) =>
  new Refusal("permission_not_found", `No permission ${id} for this checkpoint.`, param);

function pageOf(rows: readonly PermissionRow[], hasMore: boolean): NamedPage<CheckpointPermission> {
  const data = rows.map(presentPermission);
  const ends = { first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
  return { object: "list", data, ...ends, has_more: hasMore };
}

/** Which other projects may use a tuned model or checkpoint, for the holder of an admin key. */
export function createPermissions({ store, findProject, now }: Needs) {
  async function getModel(organizationId: string, checkpoint: string) {
    const model = await store.findModel(organizationId, checkpoint);
    if (model) return model;
    const text = `No fine-tuned model or checkpoint \`${checkpoint}\` in this organization.`;
    throw new Refusal("model_not_found", text, "fine_tuned_model_checkpoint");
  }

  async function grant(organizationId: string, checkpoint: string, { project_ids }: GrantPermissions) {
    const model = await getModel(organizationId, checkpoint);
    const projects = [...new Set(project_ids)];
    for (const id of projects) {
      const asked = { id, param: `project_ids[${project_ids.indexOf(id)}]` };
      assertGrantable(await findProject(organizationId, id), model.project_id, asked);
    }
    const permissions = projects.map((project_id) => ({
      id: newPermissionId(),
      model: model.id,
      project_id,
      created_at: now(),
    }));
    await store.insertPermissions(permissions);
    const rows = await store.listForProjects(model.id, projects);
    return pageOf(
      rows.sort((a, b) => projects.indexOf(a.project_id) - projects.indexOf(b.project_id)),
      false,
    );
  }

  async function list(organizationId: string, checkpoint: string, page: ListPermissions) {
    const model = await getModel(organizationId, checkpoint);
    const after = page.after === undefined ? null : await store.findPlace(model.id, page.after);
    if (after === undefined) throw noSuchPermission(page.after ?? "", "after");
    const rows = await store.listPermissions(model.id, { ...page, afterSeq: after?.seq ?? null });
    return pageOf(rows.slice(0, page.limit), rows.length > page.limit);
  }

  async function remove(organizationId: string, checkpoint: string, id: string) {
    const model = await getModel(organizationId, checkpoint);
    if (!(await store.deletePermission(model.id, id, now()))) throw noSuchPermission(id, "permission_id");
    return { id, object: "checkpoint.permission" as const, deleted: true };
  }

  return { grant, list, remove };
}
export type Permissions = ReturnType<typeof createPermissions>;
