import { deletedOf } from "../contract/common.ts";
import { type CreateContact, LifecycleNotice, NoticeContact } from "../contract/notices.ts";
import { itemsOf, pageOf } from "./pages.ts";
import type { Transport } from "./transport.ts";

const NoticePage = pageOf(LifecycleNotice);
const ContactPage = pageOf(NoticeContact);
const NOTICES = "/perennial/lifecycle/notices";
const CONTACTS = "/perennial/lifecycle/contacts";
const PAGE = 100;

/** What was told of dates: a project's own, or with an admin key those of the organization, or of all. */
export const createNotices = ({ call }: Transport) => ({
  /** Newest first. */
  list: (project_id?: string) =>
    itemsOf((after) => call(NoticePage, NOTICES, { query: { limit: PAGE, after, project_id } })),

  get: (id: string) => call(LifecycleNotice, `${NOTICES}/${encodeURIComponent(id)}`),
});

/** Who gets notices by mail: for the holder of an admin key. */
export const createContacts = ({ call }: Transport) => ({
  add: (request: CreateContact) => call(NoticeContact, CONTACTS, { method: "POST", json: request }),

  /** Newest first. */
  list: () => itemsOf((after) => call(ContactPage, CONTACTS, { query: { limit: PAGE, after } })),

  remove: (id: string) =>
    call(deletedOf("lifecycle.contact.deleted"), `${CONTACTS}/${encodeURIComponent(id)}`, {
      method: "DELETE",
    }),
});
