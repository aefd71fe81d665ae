import { setTimeout as delay } from "node:timers/promises";
import { type Adapter, type ChatRequest, type Engine, EngineError, type EngineReply } from "./engine.ts";
import type { Lease } from "./engine-instance.ts";
import { whenEnded } from "./started-stream.ts";

type LeaseEngine = (adapter: Adapter | null, signal: AbortSignal) => Promise<Lease>;

/** A connection breaks a moment before the process is known to be dead; asking sooner would meet the same one. */
const EXIT_GRACE_MS = 1_000;

const isRetryable = (error: unknown) => error instanceof EngineError && error.isRetryable;

/** An engine that is there when it is asked: started, switched and, after a crash, asked once more. */
export function createLeasedEngine(lease: LeaseEngine, adapter: Adapter | null): Engine {
  async function tryOnce<Result>(
    signal: AbortSignal,
    use: (leased: Lease) => Promise<Result>,
  ): Promise<Result> {
    const leased = await lease(adapter, signal);
    try {
      return await use(leased);
    } catch (error) {
      leased.release();
      if (isRetryable(error))
        await Promise.race([leased.exited, delay(EXIT_GRACE_MS, undefined, { signal, ref: false })]);
      throw error;
    }
  }

  async function withLease<Result>(signal: AbortSignal, use: (leased: Lease) => Promise<Result>) {
    try {
      return await tryOnce(signal, use);
    } catch (error) {
      if (!isRetryable(error) || signal.aborted) throw error;
      return await tryOnce(signal, use);
    }
  }

  const askOnce = <Result>(signal: AbortSignal, ask: (engine: Engine) => Promise<Result>) =>
    withLease(signal, async ({ engine, release }) => {
      const result = await ask(engine);
      release();
      return result;
    });

  const chat = (request: ChatRequest, signal: AbortSignal): Promise<EngineReply> =>
    withLease(signal, async ({ engine, release }) => {
      const reply = await engine.chat(request, signal);
      signal.addEventListener("abort", release, { once: true });
      return { ...reply, body: whenEnded(reply.body, release) };
    });

  return {
    chat,
    renderPrompt: (prompt, signal) => askOnce(signal, (engine) => engine.renderPrompt(prompt, signal)),
    tokenLogprobs: (prompt, answer, signal) =>
      askOnce(signal, (engine) => engine.tokenLogprobs(prompt, answer, signal)),
  };
}
