import { Hono } from "hono";
import { z } from "zod";
import { CompleteUpload, CreateUpload, MAX_PART_BYTES } from "../../contract/uploads.ts";
import type { FileBytes, Stored } from "../files/file-bytes.ts";
import { type FileField, receiveForm } from "../files/receive-form.ts";
import { type AppEnv, body, projectOf } from "../platform/http.ts";
import { parse } from "../platform/validation.ts";
import type { Uploads } from "./uploads.ts";

const DATA: FileField = {
  name: "data",
  maxBytes: MAX_PART_BYTES,
  tooLarge: "The part is larger than 64 MB, the most that one may hold. Send more parts of less.",
};
const NoFields = z.strictObject({});

async function receivePart(request: Request, bytes: FileBytes): Promise<Stored> {
  const { fields, file } = await receiveForm(request, bytes, DATA);
  try {
    parse(NoFields, fields);
    return file.stored;
  } catch (error) {
    await bytes.discard(file.stored);
    throw error;
  }
}

/** Parts stream to disk and have a limit of their own. */
export const partRoutes = (uploads: Uploads, bytes: FileBytes) =>
  new Hono<AppEnv>().post("/:id/parts", async (c) => {
    const { projectId } = projectOf(c);
    const receive = () => receivePart(c.req.raw, bytes);
    return c.json(await uploads.addPart(projectId, c.req.param("id"), receive));
  });

export const uploadRoutes = (uploads: Uploads) =>
  new Hono<AppEnv>()
    .post("/", async (c) => {
      const { projectId } = projectOf(c);
      return c.json(await uploads.create(projectId, await body(c, CreateUpload)));
    })
    .post("/:id/complete", async (c) => {
      const { projectId } = projectOf(c);
      return c.json(await uploads.complete(projectId, c.req.param("id"), await body(c, CompleteUpload)));
    })
    .post("/:id/cancel", async (c) =>
      c.json(await uploads.cancel(projectOf(c).projectId, c.req.param("id"))),
    );
