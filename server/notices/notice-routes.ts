import { Hono } from "hono";
import { CreateContact, ListContacts, ListNotices } from "../../contract/notices.ts";
import { type AppEnv, assertAdmin, body, query } from "../platform/http.ts";
import type { Contacts } from "./contacts.ts";
import type { NoticeList } from "./notice-list.ts";

export type NoticeParts = { readonly told: NoticeList; readonly contacts: Contacts };

/** Under `/perennial/lifecycle`: what was told, and who gets it by mail. */
export const noticeRoutes = ({ told, contacts }: NoticeParts) =>
  new Hono<AppEnv>()
    .get("/notices", async (c) => c.json(await told.list(c.get("caller"), query(c, ListNotices))))
    .get("/notices/:id", async (c) => c.json(await told.get(c.get("caller"), c.req.param("id"))))
    .get("/contacts", async (c) => {
      const { organizationId } = assertAdmin(c);
      return c.json(await contacts.list(organizationId, query(c, ListContacts)));
    })
    .post("/contacts", async (c) => {
      const { organizationId } = assertAdmin(c);
      return c.json(await contacts.create(organizationId, await body(c, CreateContact)));
    })
    .delete("/contacts/:id", async (c) => {
      const { organizationId } = assertAdmin(c);
      return c.json(await contacts.remove(organizationId, c.req.param("id")));
    });
