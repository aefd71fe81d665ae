import { deletedOf } from "../contract/common.ts";
import { KeyObject, ProjectObject } from "../contract/keys.ts";
import { pageOf } from "./pages.ts";
import type { Transport } from "./transport.ts";

const PROJECTS = "/organization/projects";
const keysOf = (project: string) => `${PROJECTS}/${encodeURIComponent(project)}/api_keys`;

/** Projects and their keys: for the holder of an admin key. */
export const createProjects = ({ call }: Transport) => ({
  list: async () => (await call(pageOf(ProjectObject), PROJECTS)).data,

  create: (name: string) => call(ProjectObject, PROJECTS, { method: "POST", json: { name } }),

  listKeys: async (project: string) => (await call(pageOf(KeyObject), keysOf(project))).data,

  /** The answer is the only one that ever holds the key's value. */
  createKey: (project: string, name: string) =>
    call(KeyObject, keysOf(project), { method: "POST", json: { name } }),

  revokeKey: (project: string, id: string) =>
    call(deletedOf("organization.project.api_key.deleted"), `${keysOf(project)}/${encodeURIComponent(id)}`, {
      method: "DELETE",
    }),
});
export type Projects = ReturnType<typeof createProjects>;
