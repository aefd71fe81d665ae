import { Hono } from "hono";
import { z } from "zod";
import {
  ChooseCheckpoint,
  CreateJob,
  IdempotencyKey,
  ListCheckpoints,
  ListEvents,
  ListJobs,
} from "../../contract/fine-tuning.ts";
import { ListMetrics } from "../../contract/job-metrics.ts";
import { type AppContext, type AppEnv, body, projectOf, query } from "../platform/http.ts";
import { parse } from "../platform/validation.ts";
import type { Jobs } from "./jobs.ts";
import { metadataFilter } from "./metadata-filter.ts";

const HEADER = "Idempotency-Key";
const Headers = z.object({ [HEADER]: IdempotencyKey.optional() });

const idempotencyKey = (c: AppContext): string | null =>
  parse(Headers, { [HEADER]: c.req.header(HEADER) })[HEADER] ?? null;

export const jobRoutes = (jobs: Jobs) =>
  new Hono<AppEnv>()
    .post("/", async (c) => {
      const owner = projectOf(c);
      const key = idempotencyKey(c);
      return c.json(await jobs.create(owner, await body(c, CreateJob), key));
    })
    .get("/", async (c) =>
      c.json(await jobs.list(projectOf(c).projectId, query(c, ListJobs), metadataFilter(c.req.query()))),
    )
    .get("/:id", async (c) => c.json(await jobs.get(projectOf(c).projectId, c.req.param("id"))))
    .post("/:id/cancel", async (c) => c.json(await jobs.cancel(projectOf(c).projectId, c.req.param("id"))))
    .post("/:id/pause", async (c) => c.json(await jobs.pause(projectOf(c).projectId, c.req.param("id"))))
    .post("/:id/resume", async (c) => c.json(await jobs.resume(projectOf(c).projectId, c.req.param("id"))))
    .get("/:id/events", async (c) =>
      c.json(await jobs.listEvents(projectOf(c).projectId, c.req.param("id"), query(c, ListEvents))),
    )
    .get("/:id/checkpoints", async (c) =>
      c.json(
        await jobs.listCheckpoints(projectOf(c).projectId, c.req.param("id"), query(c, ListCheckpoints)),
      ),
    );

/** `/perennial/fine_tuning/jobs`: Perennial's own. */
export const ownJobRoutes = (jobs: Jobs) =>
  new Hono<AppEnv>()
    .get("/:id/metrics", async (c) =>
      c.json(await jobs.metrics(projectOf(c).projectId, c.req.param("id"), query(c, ListMetrics))),
    )
    .post("/:id/model", async (c) => {
      const { projectId } = projectOf(c);
      const { checkpoint } = await body(c, ChooseCheckpoint);
      return c.json(await jobs.chooseCheckpoint(projectId, c.req.param("id"), checkpoint));
    });
