import { Hono } from "hono";
import { CheckQuery, PreviewQuery } from "../../contract/training-data.ts";
import { type AppEnv, projectOf, query } from "../platform/http.ts";
import type { FileChecks } from "./file-checks.ts";

/** What is wrong with a training file, and how a model will read it: `/v1/perennial/files/…`. */
export const fileCheckRoutes = (checks: FileChecks) =>
  new Hono<AppEnv>()
    .get("/:id/check", async (c) => {
      const request = { ...query(c, CheckQuery), signal: c.req.raw.signal };
      return c.json(await checks.checkFile(projectOf(c).projectId, c.req.param("id"), request));
    })
    .get("/:id/preview", async (c) => {
      const request = { ...query(c, PreviewQuery), signal: c.req.raw.signal };
      return c.json(await checks.preview(projectOf(c).projectId, c.req.param("id"), request));
    });
