import { Hono } from "hono";
import { Refusal } from "../../contract/errors.ts";
import { ListStored, ListStoredMessages, UpdateStored } from "../../contract/stored-completions.ts";
import { metadataFilter } from "../fine-tuning/metadata-filter.ts";
import { type AppContext, type AppEnv, body, projectOf, query } from "../platform/http.ts";
import type { StoredCompletions } from "./stored-completions.ts";

/** Everything stored has metadata, if only an empty one. */
function pairs(c: AppContext): Readonly<Record<string, string>> {
  const filter = metadataFilter(c.req.query());
  if (filter.isNull) throw new Refusal("invalid_value", "Filter by metadata[key]=value.", "metadata");
  return filter.pairs;
}

export const storedCompletionRoutes = (stored: StoredCompletions) =>
  new Hono<AppEnv>()
    .get("/", async (c) =>
      c.json(await stored.list(projectOf(c).projectId, { ...query(c, ListStored), metadata: pairs(c) })),
    )
    .get("/:id", async (c) => c.json(await stored.get(projectOf(c).projectId, c.req.param("id"))))
    .get("/:id/messages", async (c) =>
      c.json(await stored.messages(projectOf(c).projectId, c.req.param("id"), query(c, ListStoredMessages))),
    )
    .post("/:id", async (c) => {
      const { projectId } = projectOf(c);
      const { metadata } = await body(c, UpdateStored);
      return c.json(await stored.update(projectId, c.req.param("id"), metadata));
    })
    .delete("/:id", async (c) => c.json(await stored.remove(projectOf(c).projectId, c.req.param("id"))));
