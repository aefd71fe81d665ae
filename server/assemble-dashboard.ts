import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { createAuthenticate, createCallers, createIdentify } from "./api-keys/authenticate.ts";
import type { FirstKeys } from "./api-keys/first-keys.ts";
import { hashKey } from "./api-keys/key.ts";
import type { KeyStore } from "./api-keys/key-store.ts";
import type { Serving } from "./assemble.ts";
import { type Config, trainingLimit } from "./config.ts";
import { createAttempts } from "./dashboard/attempts.ts";
import { createBuiltPages } from "./dashboard/built-pages.ts";
import { createChangeStore } from "./dashboard/change-store.ts";
import { createChanges } from "./dashboard/changes.ts";
import { createClientAddress } from "./dashboard/client-address.ts";
import { createAssertHost } from "./dashboard/hosts.ts";
import { createSessionStore } from "./dashboard/session-store.ts";
import { createSessions } from "./dashboard/sessions.ts";
import { cookieName, createSignedIn } from "./dashboard/signed-in.ts";
import { createSystem } from "./dashboard/system.ts";
import { createSystemStore } from "./dashboard/system-store.ts";
import type { Database } from "./database/database.ts";
import type { Clock } from "./platform/clock.ts";
import type { Log } from "./platform/log.ts";
import type { Memory } from "./platform/memory.ts";

type Needs = {
  readonly config: Config;
  readonly db: Database;
  readonly keyStore: KeyStore;
  readonly firstKeys: FirstKeys;
  readonly now: Clock;
  readonly log: Log;
  readonly readMemory: () => Memory;
  readonly serving: Pick<Serving, "describe" | "queues">;
  /** Where the built pages lie. */
  readonly pages?: string | undefined;
};

const checkout = join(import.meta.dirname, "..");

function readVersion(): string {
  const text = readFileSync(join(checkout, "package.json"), "utf8");
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}

/** Who is calling, by a key or signed in from a browser; and the dashboard's pages. */
export function assembleDashboard({ config, db, keyStore: keys, firstKeys, now, log, ...given }: Needs) {
  const version = readVersion();
  const callers = createCallers({ store: keys, now });
  const sessions = createSessions({ store: createSessionStore(db), keys, callers, now, version });
  const names = [
    config.PERENNIAL_HOST,
    new URL(config.publicUrl).hostname,
    ...config.PERENNIAL_ALLOWED_HOSTS,
  ];
  const assertHost = createAssertHost(names);
  const cookie = cookieName(config.PERENNIAL_PORT);
  const identify = createIdentify({ callers, signedIn: createSignedIn({ sessions, assertHost, cookie }) });
  const authenticate = createAuthenticate(identify);
  const changes = createChanges({ store: createChangeStore(db), log });

  /** The token of a link that opens the dashboard once, for who starts the server; null: the admin key was revoked. */
  async function firstLink(): Promise<string | null> {
    const admin = await keys.findByHash(hashKey(firstKeys.admin.key));
    return admin ? (await sessions.newLink(admin.id)).token : null;
  }

  const { serving, readMemory } = given;
  const describeSystem = createSystem({
    store: createSystemStore(db),
    now,
    version,
    dataFolder: config.PERENNIAL_DATA,
    trainingLimit: trainingLimit(config),
    readMemory,
    describeEngines: serving.describe,
    queues: serving.queues,
  });
  const clientAddress = createClientAddress(config.PERENNIAL_TRUSTED_PROXIES);
  const { publicUrl } = config;
  return {
    authenticate,
    callerOfKey: callers.ofKey,
    firstLink,
    expire: sessions.expire,
    describeSystem,
    follow: { changes, identify },
    [Symbol.dispose]: () => changes[Symbol.dispose](),
    session: {
      ...{ sessions, attempts: createAttempts(), clientAddress },
      ...{ assertHost, cookie, publicUrl, authenticate },
    },
    pages: { built: createBuiltPages(given.pages ?? join(checkout, "dashboard", "dist")), assertHost },
  };
}
export type Dashboard = ReturnType<typeof assembleDashboard>;
