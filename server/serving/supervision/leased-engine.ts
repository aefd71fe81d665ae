import { setTimeout as delay } from "node:timers/promises";
import { type Adapter, type Engine, EngineError, type EngineReply } from "../engine.ts";
import { whenEnded } from "../started-stream.ts";
import type { InstanceExit, Lease } from "./engine-instance.ts";

type LeaseEngine = (adapter: Adapter | null, signal: AbortSignal) => Promise<Lease>;

/** A connection breaks a moment before the process is known to be dead; asking sooner would meet the same one. */
const EXIT_GRACE_MS = 1_000;

const isBroken = (error: unknown): error is EngineError => error instanceof EngineError && error.isRetryable;

/** Null: it still runs, or the caller left. */
async function exitSoon({ exited }: Lease, signal: AbortSignal): Promise<InstanceExit | null> {
  const over = delay(EXIT_GRACE_MS, null, { signal, ref: false }).catch(() => null);
  return await Promise.race([exited, over]);
}

/** The engine died while it had nothing else to do: sent again, the request would kill the next one, too. */
const hasKilled = (error: EngineError, exit: InstanceExit | null) =>
  error.wasSent && exit?.isOwnCrash === true && exit.hadOneUser;

const killed = (cause: EngineError) =>
  new EngineError("The model's engine died while it worked on this request.", { cause });

/** Gives it back; after a break once the process is known to be dead, so that all who broke with it are counted. */
async function giveBack(leased: Lease, error: unknown, signal: AbortSignal): Promise<InstanceExit | null> {
  const exit = isBroken(error) ? await exitSoon(leased, signal) : null;
  leased.release();
  return exit;
}

/** The same pieces; the process is waited for while one is. */
function heard<Item>(pieces: AsyncIterable<Item>, { waitFor }: Lease): AsyncIterable<Item> {
  const items = pieces[Symbol.asyncIterator]();
  const iterator: AsyncIterator<Item> = {
    next: () => waitFor(items.next()),
    return: async () => (await items.return?.()) ?? { done: true, value: undefined },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}

/** An engine that is there when it is asked: started, switched and, after a crash, asked once more. */
export function createLeasedEngine(lease: LeaseEngine, adapter: Adapter | null, projectId: string): Engine {
  async function tryOnce<Result>(
    signal: AbortSignal,
    use: (leased: Lease) => Promise<Result>,
  ): Promise<Result> {
    const leased = await lease(adapter, signal);
    try {
      return await use(leased);
    } catch (error) {
      const exit = await giveBack(leased, error, signal);
      throw isBroken(error) && hasKilled(error, exit) ? killed(error) : error;
    }
  }

  async function withLease<Result>(signal: AbortSignal, use: (leased: Lease) => Promise<Result>) {
    try {
      return await tryOnce(signal, use);
    } catch (error) {
      if (!isBroken(error) || signal.aborted) throw error;
      return await tryOnce(signal, use);
    }
  }

  const askOnce = <Result>(signal: AbortSignal, ask: (engine: Engine) => Promise<Result>) =>
    withLease(signal, async ({ engineFor, waitFor, release }) => {
      const result = await waitFor(ask(engineFor(projectId)));
      release();
      return result;
    });

  const answer = (ask: (engine: Engine) => Promise<EngineReply>, signal: AbortSignal): Promise<EngineReply> =>
    withLease(signal, async (leased) => {
      const reply = await leased.waitFor(ask(leased.engineFor(projectId)));
      signal.addEventListener("abort", leased.release, { once: true });
      return {
        ...reply,
        body: whenEnded(heard(reply.body, leased), (error) => void giveBack(leased, error, signal)),
      };
    });

  return {
    chat: (request, signal) => answer((engine) => engine.chat(request, signal), signal),
    complete: (request, signal) => answer((engine) => engine.complete(request, signal), signal),
    readPrompt: (prompt, top, signal) => askOnce(signal, (engine) => engine.readPrompt(prompt, top, signal)),
    renderPrompt: (prompt, signal) => askOnce(signal, (engine) => engine.renderPrompt(prompt, signal)),
    tokenLogprobs: (prompt, answer, signal) =>
      askOnce(signal, (engine) => engine.tokenLogprobs(prompt, answer, signal)),
  };
}
