import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { ApiError } from "../client/errors.ts";
import type { ChangeEvent } from "../contract/dashboard.ts";
import { useSession } from "./session.tsx";

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
 * everything is asked for again, so nothing is missed. Whether the server can be heard now.
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
        try {
          for await (const event of client.dashboard.changes(signal)) {
            failures = 0;
            take(event);
          }
        } catch (error) {
          if (signal.aborted) return;
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
