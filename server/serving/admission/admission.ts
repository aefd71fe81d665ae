import { Refusal } from "../../../contract/errors.ts";
import type { Timers } from "../supervision/timers.ts";
import { createDeadlines } from "./deadlines.ts";
import { type Asker, createTurns, type Seat, type TurnLimits, type Waiter } from "./turns.ts";

/** The model that is asked, as far as waiting for it goes. */
export type Readiness = {
  /** It can be asked now. */
  isReady(): boolean;
  /** Resolves once it could be asked; it may be gone again by then. */
  whenReady(signal: AbortSignal): Promise<void>;
};

export type AdmissionNeeds = TurnLimits & {
  /** How long a request may wait for its turn, and take in all. */
  readonly waitSeconds: number;
  readonly requestSeconds: number;
  readonly timers: Timers;
};

const RETRY_SECONDS = 5;

/** OpenAI's words. */
const overloaded = () =>
  new Refusal(
    "engine_overloaded",
    "The engine is currently overloaded, please try again later.",
    null,
    RETRY_SECONDS,
  );

const tooMany = (most: number) =>
  new Refusal(
    "too_many_waiting",
    `${most} requests of this project wait for this model's engine, which is as many as one project may have there. Please try again later.`,
    null,
    RETRY_SECONDS,
  );

const tookTooLong = (seconds: number) =>
  new Refusal(
    "deadline_exceeded",
    `The request was not done after ${seconds} seconds, the most that one may take here. Ask for a shorter answer, or try again later.`,
    null,
    RETRY_SECONDS,
  );

/** One request, from its coming to its end. */
export type Visit = {
  /** Ends with the caller's, or at a deadline, whose refusal is its reason. */
  readonly signal: AbortSignal;
  /** null: its turn is now. Rejects with a refusal, or the signal's reason; `end` is to be called all the same. */
  enter(model: Readiness): Promise<void> | null;
  /** Its place is free for the next. May be called more than once; an aborted signal does it, too. */
  end(): void;
};

/** Who may work on one engine, and when: so many at a time, the others in turn, none for ever. */
export function createAdmission({ waitSeconds, requestSeconds, timers, ...limits }: AdmissionNeeds) {
  const turns = createTurns(limits);
  const waits = createDeadlines(waitSeconds * 1000, timers);
  const requests = createDeadlines(requestSeconds * 1000, timers);

  function sit(waiter: Waiter): Seat {
    const seat = turns.sit(waiter);
    if (seat === "full") throw overloaded();
    if (seat === "share") throw tooMany(limits.mostOfProject);
    return seat;
  }

  function visit(asker: Asker, caller: AbortSignal): Visit {
    const ending = new AbortController();
    const { signal } = ending;
    let isWorking = false;
    let isOver = false;

    function stopWorking(): void {
      if (isWorking) turns.end(asker.projectId);
      isWorking = false;
    }

    function end(): void {
      if (isOver) return;
      isOver = true;
      requests.clear(expire);
      caller.removeEventListener("abort", leave);
      stopWorking();
    }

    function endBy(reason: unknown): void {
      ending.abort(reason);
      end();
    }
    const leave = () => endBy(caller.reason);
    const expire = () => endBy(tookTooLong(requestSeconds));
    const outwait = () => endBy(overloaded());

    async function turn(seat: Seat): Promise<void> {
      const coming = Promise.withResolvers<void>();
      const giveUp = () => coming.reject(signal.reason);
      signal.addEventListener("abort", giveUp, { once: true });
      begin = () => {
        isWorking = true;
        signal.removeEventListener("abort", giveUp);
        coming.resolve();
      };
      turns.lineUp(seat);
      await coming.promise;
    }
    let begin = () => {};

    /** Until the model is there and the turn has come, both at once; it holds a place only then. */
    async function wait(model: Readiness): Promise<void> {
      const seat = sit({ ...asker, begin: () => begin() });
      waits.set(outwait);
      try {
        for (;;) {
          if (!model.isReady()) await model.whenReady(signal);
          signal.throwIfAborted();
          await turn(seat);
          if (model.isReady()) return;
          // Its adapter went meanwhile. Others may use the place; it keeps its number.
          stopWorking();
        }
      } finally {
        waits.clear(outwait);
        turns.stepOut(seat);
        turns.leaveSeat(seat);
      }
    }

    function enter(model: Readiness): Promise<void> | null {
      isWorking = !isOver && model.isReady() && turns.tryBegin(asker);
      return isWorking ? null : wait(model);
    }

    caller.addEventListener("abort", leave, { once: true });
    requests.set(expire);
    if (caller.aborted) leave();
    return { signal, enter, end };
  }

  return {
    visit,
    working: turns.working,
    waiting: turns.waiting,
    [Symbol.dispose](): void {
      waits[Symbol.dispose]();
      requests[Symbol.dispose]();
    },
  };
}
export type Admission = ReturnType<typeof createAdmission>;
