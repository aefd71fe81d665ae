import type { NamedPage } from "../../contract/common.ts";
import { Refusal } from "../../contract/errors.ts";
import type { CreateContact, NoticeContact } from "../../contract/notices.ts";
import type { Clock } from "../platform/clock.ts";
import { newContactId } from "../platform/ids.ts";
import type { ContactRow, ContactStore } from "./contact-store.ts";

type Needs = {
  store: ContactStore;
  findProject: (organizationId: string, id: string) => Promise<{ archived_at: number | null } | undefined>;
  /** Whether this server sends mail at all. */
  sendsMail: boolean;
  now: Clock;
};

/** An organization's; a mail goes to each. */
export const MAX_CONTACTS = 100;

const present = (row: Omit<ContactRow, "seq">): NoticeContact => ({
  id: row.id,
  object: "lifecycle.contact",
  email: row.email,
  project_id: row.project_id,
  created_at: row.created_at,
});

const noMail = () =>
  new Refusal(
    "mail_not_configured",
    "This server sends no mail: who runs it has to set PERENNIAL_SMTP_URL and PERENNIAL_MAIL_FROM first. Notices are there by webhook and on the API.",
  );

/** Who gets an organization's notices by mail. */
export function createContacts({ store, findProject, sendsMail, now }: Needs) {
  async function assertProject(organizationId: string, id: string): Promise<void> {
    const project = await findProject(organizationId, id);
    if (!project)
      throw new Refusal("project_not_found", `No project ${id} in this organization.`, "project_id");
    if (project.archived_at !== null)
      throw new Refusal("invalid_value", `Project ${id} is archived: no date hits it.`, "project_id");
  }

  async function getRow(organizationId: string, id: string, param: string): Promise<ContactRow> {
    const row = await store.findContact(organizationId, id);
    if (row) return row;
    throw new Refusal("contact_not_found", `No contact ${id} in this organization.`, param);
  }

  async function create(organizationId: string, request: CreateContact): Promise<NoticeContact> {
    const { email, project_id = null } = request;
    if (!sendsMail) throw noMail();
    if (project_id !== null) await assertProject(organizationId, project_id);
    const row = { id: newContactId(), organization_id: organizationId, project_id, email, created_at: now() };
    const added = await store.insertContact(row, MAX_CONTACTS);
    if (added === "exists")
      throw new Refusal("contact_exists", `${email} is such a contact already.`, "email");
    if (added === "too_many") {
      const text = `This organization has ${MAX_CONTACTS} contacts, the most there can be: remove one first.`;
      throw new Refusal("contact_limit_reached", text);
    }
    return present(row);
  }

  async function list(
    organizationId: string,
    page: { limit: number; after?: string },
  ): Promise<NamedPage<NoticeContact>> {
    const after = page.after === undefined ? null : await getRow(organizationId, page.after, "after");
    const beforeSeq = after?.seq ?? null;
    const rows = await store.listContacts(organizationId, { limit: page.limit, beforeSeq });
    const data = rows.slice(0, page.limit).map(present);
    const ends = { first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
    return { object: "list", data, ...ends, has_more: rows.length > page.limit };
  }

  return {
    create,
    list,
    async remove(organizationId: string, id: string) {
      await store.deleteContact(await getRow(organizationId, id, "id"), now());
      return { id, object: "lifecycle.contact.deleted" as const, deleted: true };
    },
  };
}
export type Contacts = ReturnType<typeof createContacts>;
