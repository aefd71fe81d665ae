import { Hono } from "hono";
import { Refusal } from "../../contract/errors.ts";
import { ListFiles } from "../../contract/files.ts";
import { type AppEnv, projectOf, query } from "../platform/http.ts";
import type { FileBytes } from "./file-bytes.ts";
import type { Files } from "./files.ts";
import { receiveForm } from "./upload.ts";

const attachment = (name: string) => `attachment; filename*=UTF-8''${encodeURIComponent(name)}`;

export const fileRoutes = (files: Files, bytes: FileBytes) =>
  new Hono<AppEnv>()
    .post("/", async (c) => {
      const { projectId } = projectOf(c);
      const { body, headers } = c.req.raw;
      if (!body)
        throw new Refusal("missing_required_parameter", "Missing required parameter: 'file'.", "file");
      return c.json(await files.upload(projectId, await receiveForm(body, headers, bytes)));
    })
    .get("/", async (c) => c.json(await files.list(projectOf(c).projectId, query(c, ListFiles))))
    .get("/:id", async (c) => c.json(await files.get(projectOf(c).projectId, c.req.param("id"))))
    .delete("/:id", async (c) => c.json(await files.remove(projectOf(c).projectId, c.req.param("id"))))
    .get("/:id/content", async (c) => {
      const { filename, size, stream } = await files.content(projectOf(c).projectId, c.req.param("id"));
      const headers = { "content-type": "application/octet-stream", "content-length": String(size) };
      return c.body(stream, 200, { ...headers, "content-disposition": attachment(filename) });
    });
