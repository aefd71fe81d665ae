import { setTimeout as delay } from "node:timers/promises";
import { type Adapter, type AdapterLoader, EngineError, type RunningEngine } from "../engine.ts";

/** A connection breaks a moment before the process is known to be dead. */
const EXIT_GRACE_MS = 1_000;

/** An engine that went away meanwhile is no fault of the adapter's, unless it died of it. */
async function isAdaptersFault(error: unknown, { exited }: RunningEngine): Promise<boolean> {
  if (!(error instanceof EngineError)) return true;
  const exit = await Promise.race([exited, delay(EXIT_GRACE_MS, null, { ref: false })]);
  return exit === null || exit.isOwnCrash;
}

/** Tells once of each load how it went: null where it succeeded; nothing where the engine went away by itself. */
export function notedLoader(
  engine: RunningEngine,
  loader: AdapterLoader,
  note: (adapter: Adapter, failure: unknown) => void,
): AdapterLoader {
  async function load(adapter: Adapter): Promise<void> {
    try {
      await loader.load(adapter);
    } catch (error) {
      if (await isAdaptersFault(error, engine)) note(adapter, error);
      throw error;
    }
    note(adapter, null);
  }
  return { load, unload: loader.unload };
}
