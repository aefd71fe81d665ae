import { deletedOf } from "../contract/common.ts";
import { KeyObject, ProjectObject } from "../contract/keys.ts";
import { ProjectRateLimit, type UpdateRateLimit } from "../contract/rate-limits.ts";
import { itemsOf, pageOf } from "./pages.ts";
import type { Transport } from "./transport.ts";

const PROJECTS = "/organization/projects";
const PAGE = 100;
const LimitPage = pageOf(ProjectRateLimit);
const pathOf = (project: string) => `${PROJECTS}/${encodeURIComponent(project)}`;
const keysOf = (project: string) => `${pathOf(project)}/api_keys`;
const limitsOf = (project: string) => `${pathOf(project)}/rate_limits`;

/** Projects and their keys: for the holder of an admin key. */
export const createProjects = ({ call }: Transport) => ({
  list: async () => (await call(pageOf(ProjectObject), PROJECTS)).data,

  listWithArchived: async () =>
    (await call(pageOf(ProjectObject), PROJECTS, { query: { include_archived: "true" } })).data,

  create: (name: string) => call(ProjectObject, PROJECTS, { method: "POST", json: { name } }),

  /** For good: its keys are refused from then on. */
  archive: (project: string) => call(ProjectObject, `${pathOf(project)}/archive`, { method: "POST" }),

  listKeys: async (project: string) => (await call(pageOf(KeyObject), keysOf(project))).data,

  /** The answer is the only one that ever holds the key's value. */
  createKey: (project: string, name: string) =>
    call(KeyObject, keysOf(project), { method: "POST", json: { name } }),

  revokeKey: (project: string, id: string) =>
    call(deletedOf("organization.project.api_key.deleted"), `${keysOf(project)}/${encodeURIComponent(id)}`, {
      method: "DELETE",
    }),

  /** By model. */
  rateLimits: (project: string) =>
    itemsOf((after) => call(LimitPage, limitsOf(project), { query: { limit: PAGE, after } })),

  /** null: the server's own limit again. */
  setRateLimit: (project: string, id: string, change: UpdateRateLimit) =>
    call(ProjectRateLimit, `${limitsOf(project)}/${encodeURIComponent(id)}`, {
      method: "POST",
      json: change,
    }),
});
export type Projects = ReturnType<typeof createProjects>;
