import { type Selectable, sql, type Transaction } from "kysely";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";
import { newMailId } from "../platform/ids.ts";
import type { NewNotice, NoticeRow } from "./notice-store.ts";

/** A mail that is due. */
export type DueMail = Pick<
  Selectable<Tables["notice_mails"]>,
  "id" | "address" | "created_at" | "attempts" | "next_attempt_at"
>;
export type MailedNotice = Pick<NoticeRow, "id" | "content"> & { readonly project: string };

export type MailEnd =
  | { readonly kind: "sent" }
  | { readonly kind: "retry"; readonly at: number; readonly error: string }
  | { readonly kind: "failed"; readonly error: string };

const ROWS_A_STATEMENT = 1000;

/** Who gets these notices: an address once, also where it is a contact twice. */
function addressed(
  contacts: readonly { project_id: string | null; email: string }[],
  notices: readonly NewNotice[],
) {
  const byAddress = Map.groupBy(contacts, ({ email }) => email.toLowerCase());
  return [...byAddress.values()].flatMap(([first, ...more]) => {
    if (!first) return [];
    const projects = [first, ...more].map(({ project_id }) => project_id);
    const own = notices.filter(({ project_id }) => projects.includes(null) || projects.includes(project_id));
    return own.length === 0 ? [] : [{ address: first.email, notices: own }];
  });
}

async function mailOrganization(
  trx: Transaction<Tables>,
  organizationId: string,
  notices: readonly NewNotice[],
): Promise<void> {
  const contacts = await trx
    .selectFrom("notice_contacts")
    .select(["project_id", "email"])
    .where("organization_id", "=", organizationId)
    .orderBy("seq")
    .execute();
  for (const { address, notices: own } of addressed(contacts, notices)) {
    const id = newMailId();
    const at = own[0]?.created_at ?? 0;
    const mail = { id, organization_id: organizationId, address, created_at: at, next_attempt_at: at };
    await trx
      .insertInto("notice_mails")
      .values({ ...mail, status: "pending", finished_at: null, error: null })
      .execute();
    const items = own.map((notice) => ({ notice_id: notice.id, mail_id: id }));
    for (let from = 0; from < items.length; from += ROWS_A_STATEMENT)
      await trx
        .insertInto("notice_mail_items")
        .values(items.slice(from, from + ROWS_A_STATEMENT))
        .execute();
  }
}

/** One mail for each address, with all of an organization's notices that are for it. */
export async function mailOut(trx: Transaction<Tables>, notices: readonly NewNotice[]): Promise<void> {
  const byOrganization = Map.groupBy(notices, ({ organization_id }) => organization_id);
  for (const [organizationId, own] of byOrganization) await mailOrganization(trx, organizationId, own);
}

function changeFor(end: MailEnd, now: number) {
  if (end.kind === "retry") return { next_attempt_at: end.at, error: end.error };
  const error = end.kind === "sent" ? null : end.error;
  return { status: end.kind, next_attempt_at: null, finished_at: now, error };
}

export const createMailStore = (db: Database) => ({
  /** Those that wait, the most urgent first, due or not. */
  listNext: (limit: number): Promise<DueMail[]> =>
    db
      .selectFrom("notice_mails")
      .select(["id", "address", "created_at", "attempts", "next_attempt_at"])
      .where("status", "=", "pending")
      .orderBy("next_attempt_at")
      .orderBy("seq")
      .limit(limit)
      .execute(),

  /** Takes a mail for one attempt, until `until`; false: another server has taken it, or it was called off. */
  async claim({ id, attempts }: DueMail, until: number): Promise<boolean> {
    const { numUpdatedRows } = await db
      .updateTable("notice_mails")
      .set({ attempts: attempts + 1, next_attempt_at: until, error: null })
      .where("id", "=", id)
      .where("status", "=", "pending")
      .where("attempts", "=", attempts)
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  },

  /** What the mail tells, in the order in which it was told. */
  listNotices: (mailId: string): Promise<MailedNotice[]> =>
    db
      .selectFrom("notice_mail_items as item")
      .innerJoin("notices as notice", "notice.id", "item.notice_id")
      .innerJoin("projects as project", "project.id", "notice.project_id")
      .select(["notice.id", "notice.content", "project.name as project"])
      .where("item.mail_id", "=", mailId)
      .orderBy("notice.seq")
      .execute(),

  /** What came of the claimed attempt. What was sent was sent, also where it was called off meanwhile. */
  finish: ({ id, attempts }: DueMail, end: MailEnd, now: number) =>
    db
      .updateTable("notice_mails")
      .set(changeFor(end, now))
      .where("id", "=", id)
      .where("attempts", "=", attempts + 1)
      .where("status", "in", end.kind === "sent" ? ["pending", "failed"] : ["pending"])
      .execute(),

  /** Forgets what is older than `before` and waits for nothing. */
  purge: (before: number) =>
    db.transaction().execute(async (trx) => {
      const old = trx
        .selectFrom("notice_mails")
        .select("id")
        .where("created_at", "<", before)
        .where("status", "!=", "pending");
      await trx.deleteFrom("notice_mail_items").where("mail_id", "in", old).execute();
      await trx
        .deleteFrom("notice_mails")
        .where("created_at", "<", before)
        .where("status", "!=", "pending")
        .execute();
    }),
});
export type MailStore = ReturnType<typeof createMailStore>;

/** Nothing more goes to an address that no contact of the organization names any more. */
export const callOff = (
  trx: Transaction<Tables>,
  { organizationId, email, now }: { organizationId: string; email: string; now: number },
) =>
  trx
    .updateTable("notice_mails")
    .set({ status: "failed", next_attempt_at: null, finished_at: now, error: "The contact was removed." })
    .where("organization_id", "=", organizationId)
    .where("address", "=", email)
    .where("status", "=", "pending")
    .where(
      sql<boolean>`not exists (select 1 from notice_contacts where organization_id = ${organizationId} and email = ${email})`,
    )
    .execute();
