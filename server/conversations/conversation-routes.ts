import { Hono } from "hono";
import { AddItems, CreateConversation, UpdateConversation } from "../../contract/conversations.ts";
import { GetItem, ListItems } from "../../contract/responses.ts";
import { type AppEnv, body, projectOf } from "../platform/http.ts";
import type { Conversations } from "./conversations.ts";
import { queryWithInclude } from "./item-query.ts";

export const conversationRoutes = (conversations: Conversations) =>
  new Hono<AppEnv>()
    .post("/", async (c) =>
      c.json(await conversations.create(projectOf(c).projectId, await body(c, CreateConversation))),
    )
    .get("/:id", async (c) => c.json(await conversations.get(projectOf(c).projectId, c.req.param("id"))))
    .post("/:id", async (c) => {
      const { projectId } = projectOf(c);
      const { metadata } = await body(c, UpdateConversation);
      return c.json(await conversations.update(projectId, c.req.param("id"), metadata ?? {}));
    })
    .delete("/:id", async (c) =>
      c.json(await conversations.remove(projectOf(c).projectId, c.req.param("id"))),
    )
    .post("/:id/items", async (c) => {
      const { projectId } = projectOf(c);
      queryWithInclude(c, GetItem);
      const { items } = await body(c, AddItems);
      return c.json(await conversations.addItems(projectId, c.req.param("id"), items));
    })
    .get("/:id/items", async (c) => {
      const page = queryWithInclude(c, ListItems);
      return c.json(await conversations.listItems(projectOf(c).projectId, c.req.param("id"), page));
    })
    .get("/:id/items/:item", async (c) => {
      queryWithInclude(c, GetItem);
      const { id, item } = c.req.param();
      return c.json(await conversations.getItem(projectOf(c).projectId, id, item));
    })
    .delete("/:id/items/:item", async (c) => {
      const { id, item } = c.req.param();
      return c.json(await conversations.removeItem(projectOf(c).projectId, id, item));
    });
