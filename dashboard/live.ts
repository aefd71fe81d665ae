import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { ApiError } from "../client/errors.ts";
import type { ChangeEvent } from "../contract/dashboard.ts";
import { useSession } from "./session.tsx";
import { untilHidden, untilShown } from "./ui/shown.ts";

const LONGEST_PAUSE_MS = 15_000;
const pause = (ms: number, signal: AbortSignal) =>
  new Promise<void>((wait) => {
    const timer = setTimeout(wait, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      wait();
    });
  });

/**
 * Asks again for what the server says has changed; a query's key begins with its topic ("jobs", "files"). After a break
 * everything is asked for again, so nothing is missed. Whether the server can be heard now. A page that nobody sees does
 * not listen: browsers have six connections to a server, shared by all tabs and by pages that were left a moment ago.
 */
export function useLive(): boolean {
  const { client, refresh } = useSession();
  const queries = useQueryClient();
  const [isHeard, setHeard] = useState(true);
  useEffect(() => {
    const leaving = new AbortController();
    const { signal } = leaving;
    const take = (event: ChangeEvent) => {
      setHeard(true);
      if (event.type === "connected") void queries.invalidateQueries();
      else for (const topic of event.topics) void queries.invalidateQueries({ queryKey: [topic] });
    };
    const listen = async () => {
      for (let failures = 0; !signal.aborted; failures += 1) {
        await untilShown(signal);
        const hidden = untilHidden(signal);
        try {
          for await (const event of client.dashboard.changes(hidden)) {
            failures = 0;
            take(event);
          }
        } catch (error) {
          if (signal.aborted) return;
          if (hidden.aborted) continue;
          setHeard(false);
          if (error instanceof ApiError && error.status === 401) void refresh();
        }
        await pause(Math.min(LONGEST_PAUSE_MS, 500 * 2 ** failures), signal);
      }
    };
    void listen();
    return () => leaving.abort();
  }, [client, queries, refresh]);
  return isHeard;
}
