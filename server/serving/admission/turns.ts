export type TurnLimits = {
  /** Requests at work at the same time. */
  readonly places: number;
  /** Requests that may wait, in all and of one project. */
  readonly mostWaiting: number;
  readonly mostOfProject: number;
  /** Only requests for one and the same model are at work at the same time. */
  readonly oneModel: boolean;
};

/** Who asks which model. */
export type Asker = { readonly projectId: string; readonly model: string };

/** A request that waits; `begin` is called when its turn has come, and it is at work from then on. */
export type Waiter = Asker & { readonly begin: () => void };

/** A waiter's seat. While it is not in line its turn does not come. */
export type Seat = { readonly waiter: Waiter; readonly number: number };

type Project = { working: number; seats: number; readonly line: Seat[] };

type Wish = (seat: Seat) => boolean;
const anybody: Wish = () => true;

/**
 * Who works and who is next. Projects take turns: the one with the fewest at work is next, of those the one whose first
 * request has waited longest. Within a project the first to come is the first to be served.
 *
 * With `oneModel`, once it is the turn of a request for another model nobody begins until those at work are done. Then
 * all who wait for that model come along, since they cost little more than one.
 */
export function createTurns({ places, mostWaiting, mostOfProject, oneModel }: TurnLimits) {
  const projects = new Map<string, Project>();
  let working = 0;
  let modelAtWork = "";
  /** Whose turn has come, and who waits for those at work with another model. */
  let promised: Seat | null = null;
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

  const workingOf = ({ waiter: { projectId } }: Seat) => projectOf(projectId).working;
  const isBefore = (a: Seat, b: Seat) =>
    workingOf(a) === workingOf(b) ? a.number < b.number : workingOf(a) < workingOf(b);

  /** The next of those in line that are wished for. */
  function next(isWished: Wish): Seat | null {
    let best: Seat | null = null;
    for (const { line } of projects.values()) {
      const first = line.find(isWished);
      if (first && (!best || isBefore(first, best))) best = first;
    }
    return best;
  }

  const isAtWork: Wish = ({ waiter }) => waiter.model === modelAtWork;

  /** The number of whoever has waited longest for another model. */
  function firstOfOthers(): number {
    const firsts = [...projects.values()].map(({ line }) => line.find((seat) => !isAtWork(seat)));
    return Math.min(...firsts.map((seat) => seat?.number ?? Number.POSITIVE_INFINITY));
  }

  function firstOfNextModel(): Seat | null {
    const first = promised && isInLine(promised) ? promised : next(anybody);
    promised = null;
    return first;
  }

  /** null: nobody begins until those at work are done. */
  function nextOfOneModel(isSwitch: boolean): Seat | null {
    if (working === 0) return firstOfNextModel();
    if (isSwitch) return next(isAtWork);
    const due = next(anybody);
    if (due && isAtWork(due)) return due.number < firstOfOthers() ? due : null;
    promised ??= due;
    return null;
  }

  function start({ projectId, model }: Asker): void {
    projectOf(projectId).working += 1;
    working += 1;
    modelAtWork = model;
  }

  const isInLine = (seat: Seat) => projects.get(seat.waiter.projectId)?.line.includes(seat) ?? false;

  function leaveLine(seat: Seat): boolean {
    const { line } = projectOf(seat.waiter.projectId);
    const at = line.indexOf(seat);
    if (at < 0) return false;
    line.splice(at, 1);
    inLine -= 1;
    return true;
  }

  function fill(): void {
    const isSwitch = working === 0;
    while (working < places && inLine > 0) {
      const seat = oneModel ? nextOfOneModel(isSwitch) : next(anybody);
      if (!seat) return;
      leaveLine(seat);
      start(seat.waiter);
      seat.waiter.begin();
    }
  }

  return {
    /** Begins at once where a place is free for it and nobody waits for that. */
    tryBegin(asker: Asker): boolean {
      if (working >= places || inLine > 0) return false;
      if (oneModel && working > 0 && asker.model !== modelAtWork) return false;
      start(asker);
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
      // It may have kept others from beginning.
      if (leaveLine(seat)) fill();
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
