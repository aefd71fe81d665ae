import { Hono } from "hono";
import { GrantPermissions, ListPermissions } from "../../contract/checkpoint-permissions.ts";
import { type AppContext, type AppEnv, assertAdmin, body, query } from "../platform/http.ts";
import type { Permissions } from "./permissions.ts";

const PATH = "/:checkpoint/permissions";
const organizationOf = (c: AppContext) => assertAdmin(c).organizationId;

/** Names of checkpoints hold colons, unescaped in the path. */
export const permissionRoutes = (permissions: Permissions) =>
  new Hono<AppEnv>()
    .get(PATH, async (c) => {
      const organization = organizationOf(c);
      return c.json(
        await permissions.list(organization, c.req.param("checkpoint"), query(c, ListPermissions)),
      );
    })
    .post(PATH, async (c) => {
      const organization = organizationOf(c);
      return c.json(
        await permissions.grant(organization, c.req.param("checkpoint"), await body(c, GrantPermissions)),
      );
    })
    .delete(`${PATH}/:permission`, async (c) => {
      const { checkpoint, permission } = c.req.param();
      return c.json(await permissions.remove(organizationOf(c), checkpoint, permission));
    });
