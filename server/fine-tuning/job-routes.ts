import { Hono } from "hono";
import { Refusal } from "../../contract/errors.ts";
import { CreateJob, ListCheckpoints, ListEvents, ListJobs } from "../../contract/fine-tuning.ts";
import { type AppContext, type AppEnv, body, projectOf, query } from "../platform/http.ts";
import type { MetadataFilter } from "./job-store.ts";
import type { Jobs } from "./jobs.ts";

/** `metadata[k]=v` (any number) or the literal `metadata=null`; not both. */
function metadataFilter(c: AppContext): MetadataFilter {
  const all = Object.entries(c.req.query());
  const pairs = Object.fromEntries(
    all.flatMap(([name, value]) => {
      const key = /^metadata\[(.+)\]$/.exec(name)?.[1];
      return key === undefined ? [] : [[key, value]];
    }),
  );
  const bare = c.req.query("metadata");
  if (bare !== undefined && bare !== "null") {
    throw new Refusal(
      "invalid_value",
      "Filter by metadata[key]=value, or by metadata=null for jobs without.",
      "metadata",
    );
  }
  if (bare !== undefined && Object.keys(pairs).length > 0) {
    throw new Refusal(
      "invalid_value",
      "metadata=null and metadata[key]=value cannot be combined.",
      "metadata",
    );
  }
  return { pairs, isNull: bare === "null" };
}

export const jobRoutes = (jobs: Jobs) =>
  new Hono<AppEnv>()
    .post("/", async (c) => {
      const owner = projectOf(c);
      return c.json(await jobs.create(owner, await body(c, CreateJob)));
    })
    .get("/", async (c) =>
      c.json(await jobs.list(projectOf(c).projectId, query(c, ListJobs), metadataFilter(c))),
    )
    .get("/:id", async (c) => c.json(await jobs.get(projectOf(c).projectId, c.req.param("id"))))
    .post("/:id/cancel", async (c) => c.json(await jobs.cancel(projectOf(c).projectId, c.req.param("id"))))
    .get("/:id/events", async (c) =>
      c.json(await jobs.listEvents(projectOf(c).projectId, c.req.param("id"), query(c, ListEvents))),
    )
    .get("/:id/checkpoints", async (c) =>
      c.json(
        await jobs.listCheckpoints(projectOf(c).projectId, c.req.param("id"), query(c, ListCheckpoints)),
      ),
    );
