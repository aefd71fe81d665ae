/** The job that is a project's next: its oldest that waits. */
export type Head = { readonly projectId: string; readonly seq: number };

export type Turns = {
  /** When each project last had a turn; one that had none comes first. */
  readonly lastTurns: ReadonlyMap<string, number>;
  /** Trainings at work, by project. */
  readonly running: ReadonlyMap<string, number>;
  /** Most trainings of one project at a time. */
  readonly projectLimit: number;
};

/**
 * Projects take turns: who waited longest since the last turn is first, whatever the others have in the queue, so while
 * a project waits no other starts twice. Between equals the older job is first. A project at its limit is left out.
 */
export function inTurn<T extends Head>(
  heads: readonly T[],
  { lastTurns, running, projectLimit }: Turns,
): T[] {
  const turnOf = ({ projectId }: Head) => lastTurns.get(projectId) ?? 0;
  return heads
    .filter(({ projectId }) => (running.get(projectId) ?? 0) < projectLimit)
    .toSorted((a, b) => turnOf(a) - turnOf(b) || a.seq - b.seq);
}
