import { Hono } from "hono";
import { ListRateLimits, UpdateRateLimit } from "../../contract/rate-limits.ts";
import { type AppEnv, assertAdmin, body, query } from "../platform/http.ts";
import type { RateLimits } from "./rate-limits.ts";

/** OpenAI's `/organization/projects/{project}/rate_limits`. */
export const rateLimitRoutes = (rateLimits: RateLimits) =>
  new Hono<AppEnv>()
    .get("/:project/rate_limits", async (c) => {
      const { organizationId } = assertAdmin(c);
      const projectId = c.req.param("project");
      return c.json(await rateLimits.list({ organizationId, projectId }, query(c, ListRateLimits)));
    })
    .post("/:project/rate_limits/:id", async (c) => {
      const { organizationId } = assertAdmin(c);
      const { project: projectId, id } = c.req.param();
      const change = await body(c, UpdateRateLimit);
      return c.json(await rateLimits.update({ organizationId, projectId }, id, change));
    });
