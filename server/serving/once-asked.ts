import { EngineError } from "./engine.ts";

const TIMEOUT_MS = 30_000;

/**
 * What an engine says of its model: asked once, and again where that failed. Not with a caller's signal, since others
 * wait for it as well.
 */
export function onceAsked<Answer>(ask: (signal: AbortSignal) => Promise<Answer>): () => Promise<Answer> {
  let answer: Promise<Answer> | null = null;
  return () => {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    answer ??= ask(signal).catch((cause) => {
      answer = null;
      throw signal.aborted
        ? new EngineError("The engine did not describe its model in time.", { cause })
        : cause;
    });
    return answer;
  };
}
