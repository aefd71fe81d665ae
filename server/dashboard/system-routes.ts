import { Hono } from "hono";
import type { AppEnv } from "../platform/http.ts";
import type { DescribeSystem } from "./system.ts";

/** `/perennial/system`. */
export const systemRoutes = (describe: DescribeSystem) =>
  new Hono<AppEnv>().get("/", async (c) => c.json(await describe(c.get("caller"))));
