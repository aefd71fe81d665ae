import { type Insertable, type Selectable, sql, type Transaction } from "kysely";
import type { NoticeDelivery } from "../../contract/notices.ts";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";
import type { AppliedChange } from "../lifecycle/fresh-events.ts";
import type { Told } from "../lifecycle/notice-rules.ts";
import { mailOut } from "./mail-store.ts";
import { recordEvent } from "./outbox-store.ts";

export type NoticeRow = Selectable<Tables["notices"]>;
export type NewNotice = Omit<NoticeRow, "seq">;

/** A key that asked a base, or a model tuned on it, lately. */
export type UsedKey = {
  readonly projectId: string;
  readonly id: string;
  readonly name: string;
  readonly base: string;
  readonly isTuned: number;
};

type Page = {
  readonly limit: number;
  readonly beforeSeq: number | null;
  readonly organizationId: string | null;
  readonly projectId: string | null;
};

/** The parts of the system that a notice goes out through. */
export type Outlets = { readonly sendsMail: boolean };

const version = sql<number>`(select coalesce(max(seq), 0) from lifecycle_changes)`;

/**
 * The claim: nothing is written where the life cycle has changed since `since`, or where another server has told the
 * project of the same thing meanwhile.
 */
async function insertNotice(trx: Transaction<Tables>, notice: NewNotice, since: number): Promise<boolean> {
  const row: Insertable<Tables["notices"]> = notice;
  const names = Object.keys(row);
  const { rows } = await sql`insert into notices (${sql.join(names.map((name) => sql.ref(name)))})
    select ${sql.join(Object.values(row))} where ${version} = ${since}
    on conflict do nothing returning seq`.execute(trx);
  return rows.length === 1;
}

export const createNoticeStore = (db: Database) => {
  const withProject = () => db.selectFrom("notices as notice").selectAll("notice");

  return {
    version: async (): Promise<number> =>
      (await db.selectNoFrom(version.as("version")).executeTakeFirstOrThrow()).version,

    /** What was applied and taken back since; the earliest first. */
    async listChanges(since: number): Promise<AppliedChange[]> {
      const rows = await db
        .selectFrom("lifecycle_changes")
        .select(["created_at as at", "entries"])
        .where("created_at", ">=", since)
        .orderBy("seq")
        .execute();
      return rows.map(({ at, entries }) => ({ at, touched: JSON.parse(entries) }));
    },

    /** The last notice of each project that is not archived, and topic. */
    listTold: (): Promise<Told[]> =>
      db
        .selectFrom("notices as notice")
        .innerJoin("projects as project", "project.id", "notice.project_id")
        .select(["notice.seq", "notice.project_id as projectId", "notice.organization_id as organizationId"])
        .select(["notice.kind", "notice.what", "notice.subject", "notice.detail"])
        .select(["notice.date", "notice.event_date as eventDate", "notice.step"])
        .where("project.archived_at", "is", null)
        .where((where) =>
          where.not(
            where.exists(
              where
                .selectFrom("notices as later")
                .select("later.seq")
                .whereRef("later.project_id", "=", "notice.project_id")
                .whereRef("later.what", "=", "notice.what")
                .whereRef("later.subject", "=", "notice.subject")
                .whereRef("later.detail", "=", "notice.detail")
                .whereRef("later.follows", "=", "notice.seq"),
            ),
          ),
        )
        .execute(),

    listUsedKeys: (projectIds: readonly string[], sinceDay: number): Promise<UsedKey[]> =>
      db
        .selectFrom("usage_days as usage")
        .leftJoin("api_keys as key", "key.id", "usage.key_id")
        .select(["usage.project_id as projectId", "usage.key_id as id"])
        .select(["usage.base_model as base", "usage.is_tuned as isTuned"])
        .select(sql<string>`coalesce(key.name, '')`.as("name"))
        .where("usage.project_id", "in", projectIds)
        .where("usage.day", ">=", sinceDay)
        .groupBy(["usage.project_id", "usage.key_id", "usage.base_model", "usage.is_tuned"])
        .orderBy("usage.key_id")
        .execute(),

    /**
     * Tells: each notice with its webhook event and its mail, all in one transaction. What somebody else told meanwhile
     * is left out. Gives back how many were told.
     */
    tell: (notices: readonly NewNotice[], since: number, outlets: Outlets): Promise<number> =>
      db.transaction().execute(async (trx) => {
        const told: NewNotice[] = [];
        // First of all a write: a transaction that has read before it writes can be refused by SQLite.
        for (const notice of notices) if (await insertNotice(trx, notice, since)) told.push(notice);
        for (const { project_id: projectId, id: subject, created_at: at } of told)
          await recordEvent(trx, { projectId, type: "perennial.lifecycle.notice", subject, at });
        if (outlets.sendsMail) await mailOut(trx, told);
        return told.length;
      }),

    findNotice: (id: string, scope: Pick<Page, "organizationId" | "projectId">) =>
      withProject()
        .where("notice.id", "=", id)
        .$if(scope.organizationId !== null, (rows) =>
          rows.where("notice.organization_id", "=", scope.organizationId ?? ""),
        )
        .$if(scope.projectId !== null, (rows) => rows.where("notice.project_id", "=", scope.projectId ?? ""))
        .executeTakeFirst(),

    /** Newest first; one row more than `limit`. */
    listNotices: ({ limit, beforeSeq, organizationId, projectId }: Page): Promise<NoticeRow[]> =>
      withProject()
        .$if(organizationId !== null, (rows) =>
          rows.where("notice.organization_id", "=", organizationId ?? ""),
        )
        .$if(projectId !== null, (rows) => rows.where("notice.project_id", "=", projectId ?? ""))
        .$if(beforeSeq !== null, (rows) => rows.where("notice.seq", "<", beforeSeq ?? 0))
        .orderBy("notice.seq", "desc")
        .limit(limit + 1)
        .execute(),

    hasProject: async (id: string, organizationId: string | null): Promise<boolean> =>
      (await db
        .selectFrom("projects")
        .select("id")
        .where("id", "=", id)
        .$if(organizationId !== null, (rows) => rows.where("organization_id", "=", organizationId ?? ""))
        .executeTakeFirst()) !== undefined,

    async listDeliveries(noticeIds: readonly string[]): Promise<Map<string, NoticeDelivery[]>> {
      if (noticeIds.length === 0) return new Map();
      const rows = await db
        .selectFrom("notice_mail_items as item")
        .innerJoin("notice_mails as mail", "mail.id", "item.mail_id")
        .select(["item.notice_id", "mail.address", "mail.status", "mail.attempts"])
        .select(["mail.error", "mail.finished_at"])
        .where("item.notice_id", "in", noticeIds)
        .orderBy("mail.seq")
        .execute();
      const grouped = Map.groupBy(rows, ({ notice_id }) => notice_id);
      return new Map(
        [...grouped].map(([id, mails]) => [
          id,
          mails.map(({ notice_id: _, ...mail }) => ({ channel: "mail" as const, ...mail })),
        ]),
      );
    },
  };
};
export type NoticeStore = ReturnType<typeof createNoticeStore>;
