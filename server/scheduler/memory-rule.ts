/** A training at work: what it was estimated to need at its peak, and what it holds now. */
export type AtWork = { readonly estimate: number | null; readonly held: number };

/** Memory for trainings, in bytes. */
export type Room = {
  /** What the machine has in all. */
  readonly total: number;
  /** What a training that starts now may grow to. */
  readonly now: number;
  /** What it could grow to once the trainings at work have ended. */
  readonly alone: number;
};

export type Admission =
  | "start"
  /** Nobody else starts until the trainings at work have made room, or the large would wait for ever. */
  | "hold"
  /** Something other than trainings has the memory: others may start meanwhile. */
  | "later"
  | "never";

/** What trainings at work have yet to grow to. */
export const growthOf = (atWork: readonly AtWork[]): number =>
  atWork.reduce((sum, { estimate, held }) => sum + Math.max(0, (estimate ?? 0) - held), 0);

/** Trainings have yet to grow to their estimates: that is no room for another. */
export function roomFor(
  memory: { readonly totalBytes: number; readonly availableBytes: number | null },
  atWork: readonly AtWork[],
): Room {
  const held = atWork.reduce((sum, training) => sum + training.held, 0);
  const growth = growthOf(atWork);
  const available = memory.availableBytes ?? Math.max(0, memory.totalBytes - held);
  return { total: memory.totalBytes, now: available - growth, alone: available + held };
}

/** `need`: bytes at the peak; null: nobody knows, and not knowing keeps no job back. */
export function admit(need: number | null, room: Room, trainings: number): Admission {
  if (need === null || need <= room.now) return "start";
  if (need > room.total) return "never";
  return trainings > 0 && need <= room.alone ? "hold" : "later";
}
