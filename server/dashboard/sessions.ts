import type { DashboardLink, DashboardSession, SignIn } from "../../contract/dashboard.ts";
import { Refusal } from "../../contract/errors.ts";
import type { Callers } from "../api-keys/authenticate.ts";
import { hashKey, isSameHash } from "../api-keys/key.ts";
import type { KeyStore } from "../api-keys/key-store.ts";
import type { Caller } from "../platform/caller.ts";
import type { Clock } from "../platform/clock.ts";
import { randomText } from "../platform/ids.ts";
import type { SessionStore } from "./session-store.ts";

export const SESSION_SECONDS = 30 * 86_400;
const LINK_SECONDS = 30 * 60;

type Needs = {
  readonly store: SessionStore;
  readonly keys: KeyStore;
  readonly callers: Callers;
  readonly now: Clock;
  readonly version: string;
};

const namedOf = ({ id, name }: { id: string; name: string }) => ({ id, name });

const otherProject = () =>
  new Refusal(
    "permission_denied",
    "You are signed in with a project's key: it sees that project alone.",
    "OpenAI-Project",
  );

/** Who is signed in to the dashboard. Tokens hold 285 bits and are stored as hashes, as keys are. */
export function createSessions({ store, keys, callers, now, version }: Needs) {
  async function callerOfLink(link: string): Promise<Caller> {
    const row = await store.takeLink(hashKey(link), now());
    if (row) return callers.ofRow(row);
    const text = "This link was used already, or is too old. `perennial dashboard` makes another one.";
    throw new Refusal("invalid_link", text);
  }

  /** Throws where key or link is wrong. */
  async function signIn(by: SignIn): Promise<{ caller: Caller; token: string }> {
    const caller = "key" in by ? await callers.ofKey(by.key) : await callerOfLink(by.link);
    const token = randomText(48);
    const at = now();
    await store.insertSession({
      hash: hashKey(token),
      key_id: caller.keyId,
      created_at: at,
      expires_at: at + SESSION_SECONDS,
    });
    return { caller, token };
  }

  /** null: it is no session's token, its time is over, or its key was revoked. */
  async function find(token: string): Promise<Caller | null> {
    const hash = hashKey(token);
    const row = await store.findSession(hash);
    if (!row || !isSameHash(row.hash, hash) || row.expires_at <= now()) return null;
    return callers.ofRow(row);
  }

  /** The caller within the project that the page names; a project's key has no choice. */
  async function within(caller: Caller, project: string | null): Promise<Caller> {
    if (project === null) return caller;
    if (caller.kind === "project") {
      if (project !== caller.projectId) throw otherProject();
      return caller;
    }
    const found = await keys.findProject(caller.organizationId, project);
    if (!found || found.archived_at !== null) {
      const text = `No project ${project} in this organization.`;
      throw new Refusal("project_not_found", text, "OpenAI-Project");
    }
    return { ...caller, kind: "project", projectId: project, isAdmin: true };
  }

  async function present(caller: Caller): Promise<DashboardSession> {
    const all = (await keys.listProjects(caller.organizationId)).filter((one) => one.archived_at === null);
    const own = caller.kind === "project" ? all.filter(({ id }) => id === caller.projectId) : all;
    return {
      object: "dashboard.session",
      kind: caller.kind,
      key_id: caller.keyId,
      project: caller.kind === "project" ? (own.map(namedOf)[0] ?? null) : null,
      projects: own.map(namedOf),
      version,
    };
  }

  async function newLink(keyId: string): Promise<DashboardLink> {
    const token = randomText(48);
    const expires_at = now() + LINK_SECONDS;
    await store.insertLink({ hash: hashKey(token), key_id: keyId, created_at: now(), expires_at });
    return { object: "dashboard.link", token, expires_at };
  }

  return {
    signIn,
    find,
    within,
    present,
    newLink,
    end: (token: string) => store.deleteSession(hashKey(token)),
    /** Every session that was begun with the caller's key, or with a link that it made. */
    endAll: ({ keyId }: Caller) => store.deleteOfKey(keyId),
    expire: () => store.deleteExpired(now()),
  };
}
export type Sessions = ReturnType<typeof createSessions>;
