import { Refusal } from "../../contract/errors.ts";
import { untilShutdown } from "../generation/until-shutdown.ts";
import { retired } from "../lifecycle/model-dates.ts";
import type { Target } from "../models/models.ts";
import type { Clock } from "../platform/clock.ts";
import { merge } from "../platform/merge.ts";
import { startStream } from "../serving/started-stream.ts";
import type { ChoiceGroup } from "./choice-group.ts";

type Needs = {
  readonly target: Target;
  readonly group: ChoiceGroup;
  readonly now: Clock;
  readonly deprecationsPage: string;
};

/** Parts of one answer that are asked for at a time: each of them has its place in the engine's queue. */
const AT_ONCE = 16;

type Part<Piece> = (signal: AbortSignal) => AsyncGenerator<Piece>;

const shutdownOf = ({ target, now, deprecationsPage }: Needs) =>
  untilShutdown({ dates: target.dates, now, refusal: () => retired(target.model, deprecationsPage) });

const hasWaitedInVain = (error: unknown) =>
  error instanceof Refusal && (error.kind === "engine_overloaded" || error.kind === "too_many_waiting");

/**
 * A part that finds no place, or waits too long for one, while others of its answer are at work asks again once one of
 * them has ended: its caller is being served.
 */
function patient<Piece>(parts: readonly Part<Piece>[]): Part<Piece>[] {
  let asking = 0;
  let next = Promise.withResolvers<void>();
  function end(): void {
    asking -= 1;
    next.resolve();
    next = Promise.withResolvers();
  }
  /** In vain: what to wait for. The others of those are not told of it: they would only take turns in asking in vain. */
  async function* askOnce(
    part: Part<Piece>,
    signal: AbortSignal,
  ): AsyncGenerator<Piece, { readonly otherEnds: Promise<void> | null }> {
    let otherEnds: Promise<void> | null = null;
    asking += 1;
    try {
      yield* part(signal);
    } catch (error) {
      if (!hasWaitedInVain(error) || asking === 1) throw error;
      asking -= 1;
      otherEnds = next.promise;
    } finally {
      if (!otherEnds) end();
    }
    return { otherEnds };
  }
  async function* ask(part: Part<Piece>, signal: AbortSignal): AsyncGenerator<Piece> {
    for (;;) {
      const { otherEnds } = yield* askOnce(part, signal);
      if (!otherEnds) return;
      await otherEnds;
    }
  }
  return parts.map((part) => (signal) => ask(part, signal));
}

function piecesOf<Piece>(parts: readonly Part<Piece>[], group: ChoiceGroup, signal: AbortSignal) {
  const [only, ...others] = parts;
  if (only && others.length === 0) return only(signal);
  const guarded = patient(parts).map((part) => group.guard(part(signal)));
  return merge(guarded, AT_ONCE);
}

/** Asks an engine for all parts of an answer, whole; what has not begun when the model's day comes is refused. */
export async function askAll<Answer>(
  needs: Needs,
  questions: readonly ((signal: AbortSignal) => Promise<Answer>)[],
): Promise<Answer[]> {
  using shutdown = shutdownOf(needs);
  const signal = shutdown.until(needs.group.signal);
  const [only, ...others] = questions;
  if (only && others.length === 0) {
    const answer = await only(signal);
    shutdown.assertBegun();
    return [answer];
  }
  const answers: Answer[] = [];
  const parts = questions.map(
    (question, index): Part<readonly [number, Answer]> =>
      async function* (over) {
        yield [index, await question(over)];
      },
  );
  for await (const [index, answer] of piecesOf(parts, needs.group, signal)) {
    answers[index] = answer;
    shutdown.assertBegun();
  }
  return answers;
}

const couldNotBegin = (cause: unknown) =>
  cause instanceof Refusal
    ? cause
    : new Refusal(
        "engine_unavailable",
        "The model's engine could not answer. Try again in a moment.",
        null,
        1,
      );

/**
 * The pieces of all parts as they come. Resolves with the first of them: until then a failure is an ordinary refusal.
 * Not all parts need have begun by then; some may have to wait until others are done, which they are once they are read.
 */
export async function streamAll<Piece>(
  needs: Needs,
  parts: readonly Part<Piece>[],
): Promise<AsyncIterable<Piece>> {
  const { group } = needs;
  using shutdown = shutdownOf(needs);
  const signal = shutdown.until(group.signal);
  const begun = await startStream(piecesOf(parts, group, signal)).catch((error) => {
    // Past the model's day nothing is worth another try.
    if (!group.signal.aborted) shutdown.assertBegun();
    throw group.signal.aborted && !(error instanceof Refusal) ? error : couldNotBegin(error);
  });
  shutdown.assertBegun();
  return begun;
}
