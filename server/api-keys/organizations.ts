import type { Selectable } from "kysely";
import type { NamedPage } from "../../contract/common.ts";
import { Refusal } from "../../contract/errors.ts";
import type { OrganizationObject } from "../../contract/keys.ts";
import type { Tables } from "../database/tables.ts";
import type { Clock } from "../platform/clock.ts";
import { newKeyId, newOrganizationId, newProjectId } from "../platform/ids.ts";
import { hashKey, newAdminKey, redactKey } from "./key.ts";
import type { KeyStore } from "./key-store.ts";

const present = (row: Selectable<Tables["organizations"]>): OrganizationObject => ({
  id: row.id,
  object: "organization",
  name: row.slug,
  created_at: row.created_at,
  is_operator: row.is_operator === 1,
});

/** The organizations of this installation, for the one that runs it. */
export function createOrganizations({ store, now }: { store: KeyStore; now: Clock }) {
  async function create(name: string): Promise<OrganizationObject> {
    const row = { id: newOrganizationId(), slug: name, created_at: now(), is_operator: 0 };
    const project = newProjectId();
    if (!(await store.insertOrganization(row, project))) {
      const text = `There is an organization ${name} already: choose another name.`;
      throw new Refusal("organization_exists", text, "name");
    }
    const key = newAdminKey();
    await store.insertKey({
      id: newKeyId(),
      organization_id: row.id,
      project_id: null,
      name: "First admin key",
      hash: hashKey(key),
      redacted: redactKey(key),
      created_at: row.created_at,
    });
    return { ...present(row), admin_key: key, default_project: project };
  }

  async function list(page: { limit: number; after?: string }): Promise<NamedPage<OrganizationObject>> {
    const rows = await store.listOrganizations({ limit: page.limit, after: page.after ?? null });
    const data = rows.slice(0, page.limit).map(present);
    const ends = { first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
    return { object: "list", data, ...ends, has_more: rows.length > page.limit };
  }

  return { create, list };
}
export type Organizations = ReturnType<typeof createOrganizations>;
