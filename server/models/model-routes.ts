import { Hono } from "hono";
import { type AppEnv, projectOf } from "../platform/http.ts";
import type { Models } from "./models.ts";

/** Ids of tuned models hold colons, unescaped in the path. */
export const modelRoutes = (models: Models) =>
  new Hono<AppEnv>()
    .get("/", async (c) => c.json({ object: "list", data: await models.list(projectOf(c).projectId) }))
    .get("/:id", async (c) => c.json(await models.get(projectOf(c).projectId, c.req.param("id"))))
    .delete("/:id", async (c) => c.json(await models.remove(projectOf(c).projectId, c.req.param("id"))));
