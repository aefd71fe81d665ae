import type { Adapter } from "../engine.ts";

/** What is known of an adapter that was asked for. */
export type KnownAdapter = {
  readonly adapter: Adapter;
  /** Counts up with every use. */
  readonly lastUse: number;
  /** A process that held it became ready. */
  readonly isProven: boolean;
};

export type AdapterChoice = {
  readonly known: readonly KnownAdapter[];
  /** The one that the process is started for; null: the base model will do. */
  readonly asked: string | null;
  readonly limit: number;
  /** These stay. */
  readonly isPinned?: ((adapterId: string) => boolean) | undefined;
  /** After a start that failed: no adapter but proven ones beside the one asked for, so that the next failure names its cause. */
  readonly onlyProven: boolean;
};

/** The adapters for the next process: the one asked for and those that are pinned, then those used last, up to the limit. */
export function chooseAdapters({
  known,
  asked,
  limit,
  onlyProven,
  isPinned,
}: AdapterChoice): readonly KnownAdapter[] {
  const isAsked = ({ adapter }: KnownAdapter) => adapter.id === asked;
  const allowed = known.filter((one) => isAsked(one) || one.isProven || !onlyProven);
  const stays = (one: KnownAdapter) => isAsked(one) || isPinned?.(one.adapter.id) === true;
  const kept = allowed.filter(stays).toSorted((a, b) => Number(isAsked(b)) - Number(isAsked(a)));
  const others = allowed.filter((one) => !stays(one)).toSorted((a, b) => b.lastUse - a.lastUse);
  return [...kept, ...others.slice(0, Math.max(0, limit - kept.length))];
}

/** Which adapter a failed start is blamed on; null: the engine itself; undefined: there are several to suspect. */
export function blamed(chosen: readonly KnownAdapter[]): Adapter | null | undefined {
  const unproven = chosen.filter(({ isProven }) => !isProven);
  return unproven.length > 1 ? undefined : (unproven[0]?.adapter ?? null);
}
