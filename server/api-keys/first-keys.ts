import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../platform/clock.ts";
import { writeFileDurably } from "../platform/disk.ts";
import { newKeyId, newOrganizationId, newProjectId } from "../platform/ids.ts";
import { hashKey, newAdminKey, newProjectKey, redactKey } from "./key.ts";
import type { KeyStore } from "./key-store.ts";

type Needs = {
  store: KeyStore;
  now: Clock;
  dataFolder: string;
  slug: string;
  /** From the environment; null: made once and kept in the data folder. */
  apiKey: string | null;
  adminKey: string | null;
};

export type FirstKeys = { apiKey: string; adminKey: string; made: boolean };

async function organizationOf({ store, now, slug }: Needs) {
  const found = await store.findOrganization();
  if (found) return found;
  const organization = { id: newOrganizationId(), slug, created_at: now() };
  await store.insertOrganization(organization, newProjectId());
  return organization;
}

/** The key of this file, made and written (mode 600) when there is none. */
function keptKey(path: string, make: () => string): { key: string; made: boolean } {
  if (existsSync(path)) return { key: readFileSync(path, "utf8").trim(), made: false };
  const key = make();
  writeFileDurably(path, `${key}\n`, 0o600);
  return { key, made: true };
}

async function register(
  { store, now }: Needs,
  key: string,
  name: string,
  where: { organization: string; project: string | null },
) {
  const hash = hashKey(key);
  if (await store.findByHash(hash)) return;
  await store.insertKey({
    id: newKeyId(),
    organization_id: where.organization,
    project_id: where.project,
    name,
    hash,
    redacted: redactKey(key),
    created_at: now(),
  });
}

/** At first start: the organization, its default project and a key for each; later: makes sure that they are known. */
export async function ensureFirstKeys(needs: Needs): Promise<FirstKeys> {
  const organization = await organizationOf(needs);
  const project = await needs.store.findDefaultProject(organization.id);
  if (!project) throw new Error(`Organization ${organization.id} has no default project.`);
  const api = needs.apiKey
    ? { key: needs.apiKey, made: false }
    : keptKey(join(needs.dataFolder, "api-key"), newProjectKey);
  const admin = needs.adminKey
    ? { key: needs.adminKey, made: false }
    : keptKey(join(needs.dataFolder, "admin-key"), newAdminKey);
  await register(needs, api.key, "First key", { organization: organization.id, project: project.id });
  await register(needs, admin.key, "First admin key", { organization: organization.id, project: null });
  return { apiKey: api.key, adminKey: admin.key, made: api.made || admin.made };
}
