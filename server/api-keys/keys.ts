import { Refusal } from "../../contract/errors.ts";
import type { KeyObject, ProjectObject } from "../../contract/keys.ts";
import type { Clock } from "../platform/clock.ts";
import { newKeyId, newProjectId } from "../platform/ids.ts";
import { hashKey, newProjectKey, redactKey } from "./key.ts";
import type { KeyStore, NewKey } from "./key-store.ts";

type ProjectRow = { id: string; name: string; created_at: number; archived_at: number | null };

export const presentProject = (row: ProjectRow): ProjectObject => ({
  id: row.id,
  object: "organization.project",
  name: row.name,
  created_at: row.created_at,
  archived_at: row.archived_at,
  status: row.archived_at === null ? "active" : "archived",
});

export const presentKey = (row: Omit<NewKey, "hash"> & { last_used_at: number | null }): KeyObject => ({
  object: "organization.project.api_key",
  id: row.id,
  name: row.name,
  redacted_value: row.redacted,
  created_at: row.created_at,
  last_used_at: row.last_used_at,
  owner: {
    type: "service_account",
    service_account: { id: row.id, name: row.name, created_at: row.created_at, role: "member" },
  },
});

type Needs = {
  store: KeyStore;
  now: Clock;
  /** No key of the project works any more, so nobody else can end what it has begun. */
  onArchived: (projectId: string) => Promise<void>;
};

/** Projects and their keys, for the holder of an admin key. */
export function createKeys({ store, now, onArchived }: Needs) {
  async function getProject(organizationId: string, id: string) {
    const project = await store.findProject(organizationId, id);
    if (!project)
      throw new Refusal("project_not_found", `No project ${id} in this organization.`, "project_id");
    return project;
  }

  async function createProject(organizationId: string, name: string): Promise<ProjectObject> {
    const project = { id: newProjectId(), organization_id: organizationId, name, created_at: now() };
    await store.insertProject(project);
    return presentProject({ ...project, archived_at: null });
  }

  async function archiveProject(organizationId: string, id: string): Promise<ProjectObject> {
    const project = await getProject(organizationId, id);
    if (project.is_default)
      throw new Refusal("invalid_request", "The default project cannot be archived.", "project_id");
    await store.archiveProject(organizationId, id, now());
    await onArchived(id);
    return presentProject(await getProject(organizationId, id));
  }

  async function createKey(organizationId: string, projectId: string, name: string): Promise<KeyObject> {
    const project = await getProject(organizationId, projectId);
    if (project.archived_at !== null) {
      throw new Refusal(
        "invalid_request",
        `Project ${projectId} is archived: it takes no new keys.`,
        "project_id",
      );
    }
    const value = newProjectKey();
    const row: NewKey = {
      id: newKeyId(),
      organization_id: organizationId,
      project_id: projectId,
      name,
      hash: hashKey(value),
      redacted: redactKey(value),
      created_at: now(),
    };
    await store.insertKey(row);
    return { ...presentKey({ ...row, last_used_at: null }), value };
  }

  async function getKey(organizationId: string, projectId: string, id: string): Promise<KeyObject> {
    await getProject(organizationId, projectId);
    const key = await store.findKey(projectId, id);
    if (!key) throw new Refusal("api_key_not_found", `No key ${id} in project ${projectId}.`, "api_key_id");
    return presentKey(key);
  }

  return {
    createProject,
    archiveProject,
    createKey,
    getKey,
    getProject: async (organizationId: string, id: string) =>
      presentProject(await getProject(organizationId, id)),
    listProjects: async (organizationId: string, includeArchived: boolean) =>
      (await store.listProjects(organizationId))
        .filter((project) => includeArchived || project.archived_at === null)
        .map(presentProject),
    async listKeys(organizationId: string, projectId: string) {
      await getProject(organizationId, projectId);
      return (await store.listKeys(projectId)).map(presentKey);
    },
    async revokeKey(organizationId: string, projectId: string, id: string) {
      await getKey(organizationId, projectId, id);
      await store.revokeKey(projectId, id, now());
      return { object: "organization.project.api_key.deleted" as const, id, deleted: true };
    },
  };
}
export type Keys = ReturnType<typeof createKeys>;
