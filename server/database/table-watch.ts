import type { Tables } from "./tables.ts";

type Table = keyof Tables;
type Listener = () => void;

const WRITE = /^\s*(?:insert(?: or \w+)? into|update|delete from)\s+"(\w+)"/i;

/** Tells of writes to tables, for those who remember what they read from them. */
export function createTableWatch() {
  const listeners = new Map<string, Listener[]>();

  function watch(tables: readonly Table[], onWrite: Listener): void {
    for (const table of tables) listeners.set(table, [...(listeners.get(table) ?? []), onWrite]);
  }

  /** What to call after the statement has run; null: it writes to nothing. */
  function afterRun(sql: string): Listener | null {
    const table = WRITE.exec(sql)?.[1];
    if (table === undefined) return null;
    return () => {
      for (const listener of listeners.get(table) ?? []) listener();
    };
  }

  return { watch, afterRun };
}
export type TableWatch = ReturnType<typeof createTableWatch>;
