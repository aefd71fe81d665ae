import { Hono } from "hono";
import { ListFiles, MAX_FILE_BYTES, ReadContent } from "../../contract/files.ts";
import { type AppEnv, projectOf, query } from "../platform/http.ts";
import type { FileBytes } from "./file-bytes.ts";
import type { Files } from "./files.ts";
import { type FileField, receiveForm } from "./receive-form.ts";

const FILE: FileField = {
  name: "file",
  maxBytes: MAX_FILE_BYTES,
  tooLarge:
    "The file is larger than 512 MB, the most that one request may bring. Send it in parts (/v1/uploads), or split it.",
};

const attachment = (name: string) => `attachment; filename*=UTF-8''${encodeURIComponent(name)}`;

export const fileRoutes = (files: Files, bytes: FileBytes) =>
  new Hono<AppEnv>()
    .post("/", async (c) => {
      const { projectId } = projectOf(c);
      return c.json(await files.upload(projectId, await receiveForm(c.req.raw, bytes, FILE)));
    })
    .get("/", async (c) => c.json(await files.list(projectOf(c).projectId, query(c, ListFiles))))
    .get("/:id", async (c) => c.json(await files.get(projectOf(c).projectId, c.req.param("id"))))
    .delete("/:id", async (c) => c.json(await files.remove(projectOf(c).projectId, c.req.param("id"))))
    .get("/:id/content", async (c) => {
      const { encoding } = query(c, ReadContent);
      const { filename, size, stream } = await files.content(
        projectOf(c).projectId,
        c.req.param("id"),
        encoding,
      );
      const headers = { "content-type": "application/octet-stream", "content-length": String(size) };
      return c.body(stream, 200, { ...headers, "content-disposition": attachment(filename) });
    });
