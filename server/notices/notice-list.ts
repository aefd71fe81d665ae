import type { NamedPage } from "../../contract/common.ts";
import { Refusal } from "../../contract/errors.ts";
import {
  type LifecycleNotice,
  type ListNotices,
  NoticeContent,
  type NoticeDelivery,
} from "../../contract/notices.ts";
import type { Caller } from "../platform/caller.ts";
import type { NoticeRow, NoticeStore } from "./notice-store.ts";

const present = (row: NoticeRow, deliveries: readonly NoticeDelivery[]): LifecycleNotice => ({
  id: row.id,
  object: "lifecycle.notice",
  created_at: row.created_at,
  organization_id: row.organization_id,
  project_id: row.project_id,
  kind: row.kind,
  what: row.what,
  subject: row.subject,
  date: row.date,
  ...NoticeContent.parse(JSON.parse(row.content)),
  deliveries: [...deliveries],
});

/** What a key may see: its project's, its organization's, or everybody's. */
function scopeOf(caller: Caller): { organizationId: string | null; projectId: string | null } {
  if (caller.kind === "project")
    return { organizationId: caller.organizationId, projectId: caller.projectId };
  return { organizationId: caller.isOperator ? null : caller.organizationId, projectId: null };
}

/** Notices that were told, for those who may see them. */
export function createNoticeList(store: NoticeStore) {
  async function getRow(caller: Caller, id: string, param: string): Promise<NoticeRow> {
    const row = await store.findNotice(id, scopeOf(caller));
    if (row) return row;
    throw new Refusal("notice_not_found", `No notice ${id} that this key may see.`, param);
  }

  async function projectAsked(caller: Caller, asked: string | undefined): Promise<string | null> {
    const { organizationId, projectId } = scopeOf(caller);
    if (asked === undefined || asked === projectId) return projectId;
    const isSeen = projectId === null && (await store.hasProject(asked, organizationId));
    if (isSeen) return asked;
    throw new Refusal("project_not_found", `No project ${asked} that this key may see.`, "project_id");
  }

  async function list(caller: Caller, page: ListNotices): Promise<NamedPage<LifecycleNotice>> {
    const projectId = await projectAsked(caller, page.project_id);
    const after = page.after === undefined ? null : await getRow(caller, page.after, "after");
    const { organizationId } = scopeOf(caller);
    const { limit } = page;
    const rows = await store.listNotices({
      limit,
      beforeSeq: after?.seq ?? null,
      organizationId,
      projectId,
    });
    const shown = rows.slice(0, limit);
    const deliveries = await store.listDeliveries(shown.map(({ id }) => id));
    const data = shown.map((row) => present(row, deliveries.get(row.id) ?? []));
    const ends = { first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
    return { object: "list", data, ...ends, has_more: rows.length > limit };
  }

  async function get(caller: Caller, id: string): Promise<LifecycleNotice> {
    const row = await getRow(caller, id, "id");
    return present(row, (await store.listDeliveries([row.id])).get(row.id) ?? []);
  }

  return { list, get };
}
export type NoticeList = ReturnType<typeof createNoticeList>;
