export type TurnLimits = {
  /** Requests at work at the same time. */
  readonly places: number;
  /** Requests that may wait, in all and of one project. */
  readonly mostWaiting: number;
  readonly mostOfProject: number;
};

/** A request that waits; `begin` is called when its turn has come, and it is at work from then on. */
export type Waiter = { readonly projectId: string; readonly begin: () => void };

/** A waiter's seat. While it is not in line its turn does not come. */
export type Seat = { readonly waiter: Waiter; readonly number: number };

type Project = { working: number; seats: number; readonly line: Seat[] };

/**
 * Who works and who is next. Projects take turns: the one with the fewest at work is next, of those the one whose first
 * request has waited longest. Within a project the first to come is the first to be served.
 */
export function createTurns({ places, mostWaiting, mostOfProject }: TurnLimits) {
  const projects = new Map<string, Project>();
  let working = 0;
  let seats = 0;
  let inLine = 0;
  let numbers = 0;

  function projectOf(id: string): Project {
    const known = projects.get(id);
    if (known) return known;
    const project = { working: 0, seats: 0, line: [] };
    projects.set(id, project);
    return project;
  }

  function sweep(id: string, { working: busy, seats: taken }: Project): void {
    if (busy === 0 && taken === 0) projects.delete(id);
  }

  const isBefore = (a: Project, b: Project) =>
    a.working === b.working ? (a.line[0]?.number ?? 0) < (b.line[0]?.number ?? 0) : a.working < b.working;

  function takeNext(): Seat | undefined {
    let best: Project | null = null;
    for (const one of projects.values())
      if (one.line.length > 0 && (!best || isBefore(one, best))) best = one;
    return best?.line.shift();
  }

  function fill(): void {
    while (working < places && inLine > 0) {
      const seat = takeNext();
      if (!seat) return;
      inLine -= 1;
      const project = projectOf(seat.waiter.projectId);
      project.working += 1;
      working += 1;
      seat.waiter.begin();
    }
  }

  return {
    /** Begins at once where a place is free and nobody waits for it. */
    tryBegin(projectId: string): boolean {
      if (working >= places) return false;
      working += 1;
      projectOf(projectId).working += 1;
      return true;
    },

    /** A place to wait, not in line yet; or which of the limits is reached. */
    sit(waiter: Waiter): Seat | "full" | "share" {
      if (seats >= mostWaiting) return "full";
      if ((projects.get(waiter.projectId)?.seats ?? 0) >= mostOfProject) return "share";
      seats += 1;
      projectOf(waiter.projectId).seats += 1;
      numbers += 1;
      return { waiter, number: numbers };
    },

    /** In line by the time at which it came, whoever lined up meanwhile. */
    lineUp(seat: Seat): void {
      const { line } = projectOf(seat.waiter.projectId);
      const later = line.findIndex(({ number }) => number > seat.number);
      line.splice(later < 0 ? line.length : later, 0, seat);
      inLine += 1;
      fill();
    },

    /** Out of line, where it was in it. */
    stepOut(seat: Seat): void {
      const { line } = projectOf(seat.waiter.projectId);
      const at = line.indexOf(seat);
      if (at < 0) return;
      line.splice(at, 1);
      inLine -= 1;
    },

    /** It waits no more: it works, or has given up. */
    leaveSeat({ waiter: { projectId } }: Seat): void {
      const project = projectOf(projectId);
      project.seats -= 1;
      seats -= 1;
      sweep(projectId, project);
    },

    /** Its work is done: the place is the next one's. */
    end(projectId: string): void {
      const project = projectOf(projectId);
      project.working -= 1;
      working -= 1;
      sweep(projectId, project);
      fill();
    },

    working: () => working,
    waiting: () => seats,
  };
}
export type Turns = ReturnType<typeof createTurns>;
