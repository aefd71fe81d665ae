import { Hono } from "hono";
import { ExportModel } from "../../contract/bundles.ts";
import { type AppEnv, projectOf, query } from "../platform/http.ts";
import type { Export } from "./exports.ts";
import type { Bundles } from "./open-bundles.ts";

/** Read as the client reads; whatever ends it, its files go. */
const streamOf = ({ content, dispose }: Export): ReadableStream<Uint8Array> =>
  new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await content.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await content.return(undefined);
        // It may not have begun, and then has no end either.
        await dispose();
      },
    },
    { highWaterMark: 0 },
  );

/** Tuned models as archives, out and in: `/v1/perennial/models`. Colons in names are as they are in the path. */
export const bundleRoutes = ({ exportModel, importModel }: Bundles) =>
  new Hono<AppEnv>()
    .get("/:id/export", async (c) => {
      const { projectId } = projectOf(c);
      const wanted = query(c, ExportModel);
      const made = await exportModel({ projectId, id: c.req.param("id"), wanted }, c.req.raw.signal);
      const headers = {
        "content-type": "application/x-tar",
        "content-length": String(made.bytes),
        "content-disposition": `attachment; filename="${made.fileName}"`,
      };
      if (c.req.method !== "HEAD") return c.body(streamOf(made), 200, headers);
      await made.dispose();
      return c.body(null, 200, headers);
    })
    .post("/import", async (c) => c.json(await importModel(projectOf(c), c.req.raw.body, c.req.raw.signal)));
