import type { Adapter } from "../engine.ts";
import { chooseAdapters, type KnownAdapter } from "./adapter-set.ts";

type Needs = {
  /** Adapters that one process holds at most. */
  readonly limit: number;
  readonly isPinned?: ((adapterId: string) => boolean) | undefined;
};

/** The adapters that were asked for of one base: which of them the next process is started with. */
export function createKnownAdapters({ limit, isPinned }: Needs) {
  const known = new Map<string, KnownAdapter>();
  let onlyProven = false;
  let uses = 0;
  let usesBefore = 0;

  function touch(adapter: Adapter): void {
    uses += 1;
    const isProven = known.get(adapter.id)?.isProven ?? false;
    known.set(adapter.id, { adapter, lastUse: uses, isProven });
  }

  const chooseFor = (asked: Adapter | null): readonly KnownAdapter[] =>
    chooseAdapters({ known: [...known.values()], asked: asked?.id ?? null, limit, isPinned, onlyProven });

  const wasAskedLately = (id: string) => (known.get(id)?.lastUse ?? 0) > usesBefore;

  return {
    touch,
    chooseFor,
    forget: (adapterId: string) => void known.delete(adapterId),

    /** Whether the next process would lack one of these, which was asked for since the process at hand began. */
    leavesOutWanted(asked: Adapter | null, held: readonly string[]): boolean {
      const ids = new Set(chooseFor(asked).map(({ adapter }) => adapter.id));
      return held.some((id) => !ids.has(id) && wasAskedLately(id));
    },

    keepOnly(chosen: readonly KnownAdapter[]): void {
      const ids = new Set(chosen.map(({ adapter }) => adapter.id));
      for (const id of known.keys()) if (!ids.has(id)) known.delete(id);
    },

    /** A process with these became ready. */
    started(chosen: readonly KnownAdapter[]): void {
      usesBefore = uses;
      onlyProven = false;
      for (const { adapter } of chosen) {
        const now = known.get(adapter.id);
        if (now) known.set(adapter.id, { ...now, isProven: true });
      }
    },

    /** None started: the next failure is to name its cause. */
    failed(): void {
      onlyProven = true;
    },
  };
}
