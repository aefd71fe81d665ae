import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { KeyText } from "../../contract/keys.ts";
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

/** `place`: the variable or the file that holds it. `made`: by this start. `revoked`: it opens nothing any more. */
export type FirstKey = {
  readonly key: string;
  readonly place: string;
  readonly origin: "environment" | "file" | "made" | "revoked";
};
export type FirstKeys = { readonly api: FirstKey; readonly admin: FirstKey };

const kinds = {
  api: { variable: "PERENNIAL_API_KEY", file: "api-key", make: newProjectKey, name: "First key" },
  admin: { variable: "PERENNIAL_ADMIN_KEY", file: "admin-key", make: newAdminKey, name: "First admin key" },
} as const;
type Kind = (typeof kinds)[keyof typeof kinds];

async function organizationOf({ store, now, slug }: Needs) {
  const found = await store.findOperator();
  if (found) return found;
  const organization = { id: newOrganizationId(), slug, created_at: now(), is_operator: 1 };
  await store.insertOrganization(organization, newProjectId());
  return organization;
}

/** The key of the environment, else of the data folder's file, made and written (mode 600) when there is none. */
function keyOf({ variable, file, make }: Kind, given: string | null, dataFolder: string): FirstKey {
  if (given) return { key: given, place: variable, origin: "environment" };
  const place = join(dataFolder, file);
  const kept = existsSync(place) ? readFileSync(place, "utf8").trim() : "";
  if (kept !== "" && !KeyText.safeParse(kept).success)
    throw new Error(`${place} holds no key: delete it to get a new one.`);
  if (kept !== "") return { key: kept, place, origin: "file" };
  const key = make();
  writeFileDurably(place, `${key}\n`, 0o600);
  return { key, place, origin: "made" };
}

/** Makes sure that the key is known, for what it is meant. */
async function register(
  { store, now }: Needs,
  first: FirstKey,
  where: { name: string; organization: string; project: string | null },
): Promise<FirstKey> {
  const hash = hashKey(first.key);
  await store.insertKey({
    id: newKeyId(),
    organization_id: where.organization,
    project_id: where.project,
    name: where.name,
    hash,
    redacted: redactKey(first.key),
    created_at: now(),
  });
  const live = await store.findByHash(hash);
  if (!live && first.origin === "environment")
    throw new Error(`The key in ${first.place} was revoked: set another one, or unset it.`);
  if (live && (live.project_id === null) !== (where.project === null))
    throw new Error(
      `The key in ${first.place} is known as ${live.project_id ? "a project's" : "an admin"} key: use another one.`,
    );
  return live ? first : { ...first, origin: "revoked" };
}

/** At first start: the organization, its default project and a key for each; later: makes sure that they are known. */
export async function ensureFirstKeys(needs: Needs): Promise<FirstKeys> {
  const api = keyOf(kinds.api, needs.apiKey, needs.dataFolder);
  const admin = keyOf(kinds.admin, needs.adminKey, needs.dataFolder);
  if (api.key === admin.key)
    throw new Error(`${api.place} and ${admin.place} hold the same key: each needs its own.`);
  const organization = await organizationOf(needs);
  const project = await needs.store.findDefaultProject(organization.id);
  if (!project) throw new Error(`Organization ${organization.id} has no default project.`);
  const where = { organization: organization.id };
  return {
    api: await register(needs, api, { ...where, name: kinds.api.name, project: project.id }),
    admin: await register(needs, admin, { ...where, name: kinds.admin.name, project: null }),
  };
}
