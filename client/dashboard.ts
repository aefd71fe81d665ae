import { ChangeEvent, DashboardLink, DashboardSession, type SignIn } from "../contract/dashboard.ts";
import { ApiError } from "./errors.ts";
import { readEventData } from "./event-stream.ts";
import type { Transport } from "./transport.ts";

const root = "/dashboard";
const path = "/session";

/** Signing in and out, for the dashboard's own page; and links that sign in, for an admin key. */
export const createDashboard = ({ call, open }: Transport) => ({
  signIn: (by: SignIn): Promise<DashboardSession> =>
    call(DashboardSession, path, { root, method: "POST", json: by }),

  /** null: nobody is signed in. */
  session: (signal?: AbortSignal): Promise<DashboardSession | null> =>
    call(DashboardSession, path, { root, ...(signal ? { signal } : {}) }).catch((error: unknown) => {
      if (error instanceof ApiError && error.status === 401) return null;
      throw error;
    }),

  async signOut(): Promise<void> {
    await open(path, { root, method: "DELETE" });
  },

  /** In every browser that the same key has signed in. */
  async signOutEverywhere(): Promise<void> {
    await open("/sessions", { root, method: "DELETE" });
  },

  /**
   * What has changed, as it changes, beginning with "connected". When it ends or throws: connect again, and at
   * "connected" ask for everything that is shown.
   */
  async *changes(signal?: AbortSignal): AsyncGenerator<ChangeEvent> {
    const { body } = await open("/perennial/changes", signal ? { signal } : {});
    if (!body) return;
    for await (const data of readEventData(body)) yield ChangeEvent.parse(JSON.parse(data));
  },

  newLink: (): Promise<DashboardLink> => call(DashboardLink, "/links", { root, method: "POST" }),
});
