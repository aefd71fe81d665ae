import { Refusal } from "../../contract/errors.ts";
import type { Clock } from "../platform/clock.ts";
import type { AnsweringModel, Call, EndedCall, Tokens } from "./call.ts";

/** One request, from its arrival to its end; whatever ends it first counts. */
export type Meter = {
  /** The model is found. */
  resolved(answering: AnsweringModel): void;
  /** Call it when an answer is there, before it is given. */
  answered(): Promise<void>;
  /** A piece of the answer comes from the engine. */
  piece(): void;
  end(tokens: Tokens): void;
  /** The client left, or for another reason that is a refusal; what was made until then counts by its pieces. */
  cancelled(reason?: unknown): void;
  failed(error: unknown): void;
  /** Told of the end, once; the last that asks is. */
  onEnd(listener: (call: EndedCall) => void): void;
};

type Needs = {
  readonly now: Clock;
  /** Writes a use whose loss would be noticed before it resolves. */
  readonly onAnswered: (call: Call, answering: AnsweringModel, at: number) => Promise<void>;
  readonly onEnded: (call: EndedCall) => void;
};

const statusOf = (error: unknown): string => (error instanceof Refusal ? error.kind : "server_error");

export function createMeter(call: Call, { now, onAnswered, onEnded }: Needs): Meter {
  const began = performance.now();
  const createdAt = now();
  let answering: AnsweringModel | null = null;
  let firstPiece: number | null = null;
  let pieces = 0;
  let answeredAt: number | null = null;
  let hasEnded = false;
  let listener: ((call: EndedCall) => void) | null = null;

  function end(status: string, tokens: Tokens): void {
    if (hasEnded) return;
    hasEnded = true;
    const firstTokenMs = firstPiece !== null && call.isStreamed ? firstPiece - began : null;
    const durationMs = performance.now() - began;
    const ended = { ...call, createdAt, answering, status, answeredAt, tokens, firstTokenMs, durationMs };
    listener?.(ended);
    onEnded(ended);
  }

  /** An engine tells its tokens at the end only. */
  const tokensUntilNow = (): Tokens => ({ input: 0, output: pieces, cached: 0 });

  return {
    resolved: (found) => {
      answering = found;
    },
    async answered() {
      if (!answering) throw new Error("Answered before its model was found.");
      answeredAt = now();
      await onAnswered(call, answering, answeredAt);
    },
    piece: () => {
      firstPiece ??= performance.now();
      pieces += 1;
    },
    end: (tokens) => end("ok", tokens),
    cancelled: (reason) => end(reason instanceof Refusal ? reason.kind : "cancelled", tokensUntilNow()),
    failed: (error) => end(statusOf(error), tokensUntilNow()),
    onEnd: (wanted) => {
      listener = wanted;
    },
  };
}
