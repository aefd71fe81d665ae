import { Hono } from "hono";
import { CreateKey, CreateOrganization, CreateProject, ListOrganizations } from "../../contract/keys.ts";
import { type AppContext, type AppEnv, assertAdmin, assertOperator, body, query } from "../platform/http.ts";
import type { Keys } from "./keys.ts";
import type { Organizations } from "./organizations.ts";

const listed = <T extends { id: string }>(data: T[]) => ({
  object: "list" as const,
  data,
  first_id: data[0]?.id ?? null,
  last_id: data.at(-1)?.id ?? null,
  has_more: false,
});

const organizationOf = (c: AppContext) => assertAdmin(c).organizationId;

/** OpenAI's way to a new key: a service account, with its key in the answer. */
function asServiceAccount(key: Awaited<ReturnType<Keys["createKey"]>>) {
  const { id, name, created_at, value } = key;
  const api_key = { object: "organization.project.service_account.api_key", value, name, created_at, id };
  return { object: "organization.project.service_account", id, name, role: "member", created_at, api_key };
}

/** `/organization/projects`: OpenAI's paths; creating a key by POST on `api_keys` is Perennial's own. */
export const keyRoutes = (keys: Keys) =>
  new Hono<AppEnv>()
    .get("/", async (c) =>
      c.json(listed(await keys.listProjects(organizationOf(c), c.req.query("include_archived") === "true"))),
    )
    .post("/", async (c) => {
      const organization = organizationOf(c);
      return c.json(await keys.createProject(organization, (await body(c, CreateProject)).name));
    })
    .get("/:project", async (c) => c.json(await keys.getProject(organizationOf(c), c.req.param("project"))))
    .post("/:project/archive", async (c) =>
      c.json(await keys.archiveProject(organizationOf(c), c.req.param("project"))),
    )
    .get("/:project/api_keys", async (c) =>
      c.json(listed(await keys.listKeys(organizationOf(c), c.req.param("project")))),
    )
    .post("/:project/api_keys", async (c) => {
      const organization = organizationOf(c);
      return c.json(
        await keys.createKey(organization, c.req.param("project"), (await body(c, CreateKey)).name),
      );
    })
    .post("/:project/service_accounts", async (c) => {
      const organization = organizationOf(c);
      const { name } = await body(c, CreateKey);
      return c.json(asServiceAccount(await keys.createKey(organization, c.req.param("project"), name)));
    })
    .get("/:project/api_keys/:key", async (c) =>
      c.json(await keys.getKey(organizationOf(c), c.req.param("project"), c.req.param("key"))),
    )
    .delete("/:project/api_keys/:key", async (c) =>
      c.json(await keys.revokeKey(organizationOf(c), c.req.param("project"), c.req.param("key"))),
    );

/** `/perennial/organizations`: Perennial's own. */
export const organizationRoutes = (organizations: Organizations) =>
  new Hono<AppEnv>()
    .get("/", async (c) => {
      assertOperator(c);
      return c.json(await organizations.list(query(c, ListOrganizations)));
    })
    .post("/", async (c) => {
      assertOperator(c);
      return c.json(await organizations.create((await body(c, CreateOrganization)).name));
    });
