import { Hono } from "hono";
import { EstimateJob } from "../../contract/estimates.ts";
import { type AppEnv, body, projectOf } from "../platform/http.ts";
import type { Estimate } from "./estimates.ts";

/** What a job would take: `/v1/perennial/fine_tuning/estimate`. */
export const estimateRoutes = (estimate: Estimate) =>
  new Hono<AppEnv>().post("/", async (c) => {
    const owner = projectOf(c);
    return c.json(await estimate(owner, await body(c, EstimateJob), c.req.raw.signal));
  });
