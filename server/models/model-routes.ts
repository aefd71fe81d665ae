import { Hono } from "hono";
import { deprecationHeaders } from "../lifecycle/model-dates.ts";
import { type AppEnv, projectOf } from "../platform/http.ts";
import type { Models } from "./models.ts";

/** Ids of tuned models hold colons, unescaped in the path. */
export const modelRoutes = (models: Models, deprecationsPage: string) =>
  new Hono<AppEnv>()
    .get("/", async (c) => c.json({ object: "list", data: await models.list(projectOf(c).projectId) }))
    .get("/:id", async (c) => {
      const { model, dates } = await models.get(projectOf(c).projectId, c.req.param("id"));
      return c.json(model, 200, deprecationHeaders(dates, deprecationsPage));
    })
    .delete("/:id", async (c) => c.json(await models.remove(projectOf(c).projectId, c.req.param("id"))));
