import { QueryClientProvider, useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useMemo, useState } from "react";
import { useSearchParams } from "wouter";
import { type Client, createClient } from "../client/client.ts";
import { ConnectionError } from "../client/errors.ts";
import type { DashboardSession } from "../contract/dashboard.ts";
import { SignIn } from "./pages/sign-in/sign-in.tsx";
import { createQueries } from "./queries.ts";
import { Button } from "./ui/button.tsx";
import { PageSkeleton } from "./ui/states.tsx";

type Session = {
  readonly client: Client;
  readonly who: DashboardSession;
  /** The project that is looked at; null: an admin's whole organization, which has no project yet. */
  readonly project: string | null;
  signOut(): Promise<void>;
  signOutEverywhere(): Promise<void>;
  /** Asks anew who this is and which projects there are; where nobody is signed in any more, the page asks for a key. */
  refresh(): Promise<void>;
};

const Context = createContext<Session | null>(null);

/** Of whoever is signed in; only below `SessionProvider`. */
export function useSession(): Session {
  const session = useContext(Context);
  if (!session) throw new Error("There is no session here.");
  return session;
}
export const useClient = (): Client => useSession().client;

const anonymous = createClient({ baseUrl: "", project: null });

/** The one-time link's token, out of the address at once: whoever looks at the screen or the history finds none. */
function takeLink(): string | null {
  const link = new URLSearchParams(location.hash.slice(1)).get("link");
  if (link) history.replaceState(null, "", location.pathname + location.search);
  return link;
}
const link = takeLink();
let linkUse: Promise<unknown> | null = null;
let linkError: string | undefined;

async function findSession(): Promise<DashboardSession | null> {
  if (link) {
    linkUse ??= anonymous.dashboard.signIn({ link }).catch((error: Error) => {
      linkError = error.message;
    });
    await linkUse; // Used before, perhaps by this very browser: the cookie tells.
  }
  return await anonymous.dashboard.session();
}

function projectOf(who: DashboardSession, wanted: string | null): string | null {
  if (who.project) return who.project.id;
  const known = who.projects.find(({ id }) => id === wanted) ?? who.projects[0];
  return known?.id ?? null;
}

function Unreachable({ error, retry }: { error: Error; retry: () => void }) {
  const message =
    error instanceof ConnectionError
      ? "The server does not answer. Start it with `npm start`."
      : error.message;
  return (
    <main className="mx-auto mt-24 max-w-md p-4 text-center" role="alert">
      <h1 className="text-lg font-semibold">No connection</h1>
      <p className="my-3 text-soft">{message}</p>
      <Button onClick={retry}>Try again</Button>
    </main>
  );
}

/** What one project showed is nothing for another. */
function OwnQueries({ children }: { readonly children: ReactNode }) {
  const [queries] = useState(createQueries);
  return <QueryClientProvider client={queries}>{children}</QueryClientProvider>;
}

export function SessionProvider({ children }: { readonly children: ReactNode }) {
  const queries = useQueryClient();
  const found = useQuery({ queryKey: ["session"], queryFn: findSession, staleTime: 60_000 });
  const [search] = useSearchParams();
  const [isOut, setOut] = useState(false);
  const who = isOut ? null : (found.data ?? null);
  const project = who && projectOf(who, search.get("project"));

  const session = useMemo((): Session | null => {
    if (!who) return null;
    const client = createClient({ baseUrl: "", project: who.kind === "admin" ? project : null });
    const leave = async (ended: Promise<void>) => {
      await ended;
      setOut(true);
      queries.clear();
    };
    const signOut = () => leave(anonymous.dashboard.signOut());
    const signOutEverywhere = () => leave(anonymous.dashboard.signOutEverywhere());
    const refresh = () => queries.invalidateQueries({ queryKey: ["session"] });
    return { client, who, project, signOut, signOutEverywhere, refresh };
  }, [who, project, queries]);

  if (found.isPending) return <PageSkeleton />;
  if (found.error) return <Unreachable error={found.error} retry={() => void found.refetch()} />;
  if (!session) {
    const done = (signedIn: DashboardSession) => {
      setOut(false);
      queries.setQueryData(["session"], signedIn);
    };
    const signIn = (key: string) => anonymous.dashboard.signIn({ key });
    return <SignIn signIn={signIn} notice={isOut ? undefined : linkError} onDone={done} />;
  }
  return (
    <Context value={session}>
      <OwnQueries key={project}>{children}</OwnQueries>
    </Context>
  );
}
