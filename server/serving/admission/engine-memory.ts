import { statSync } from "node:fs";
import type { Memory } from "../../platform/memory.ts";
import { type Adapter, type BaseModel, EngineError, type StartEngine } from "../engine.ts";

export type MemoryForEngines = {
  readonly read: () => Memory;
  /** What trainings at work have yet to grow to. */
  readonly promisedBytes: () => Promise<number>;
};

type Needs = MemoryForEngines & {
  /** Stops engines of other bases that nobody uses at the moment. */
  readonly stopIdle: (exceptBase: string) => Promise<void>;
};

/** What an engine held when it was last looked at. */
type Measured = { readonly bytes: number; readonly adapters: number };

/** A llama.cpp server of a tiny model, without the model: program, buffers, a little context. */
const RUNTIME_BYTES = 150_000_000;
const RETRY_SECONDS = 10;

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);
const gigabytes = (bytes: number) => `${(Math.max(0, bytes) / 1e9).toFixed(1)} GB`;

/** By its files at first; once one has run, by what that one held, adapters added or left out. */
export function engineNeed(baseBytes: number, adapterBytes: readonly number[], measured?: Measured): number {
  const byFiles = baseBytes + sum(adapterBytes);
  if (!measured) return RUNTIME_BYTES + byFiles;
  const average = sum(adapterBytes) / Math.max(1, adapterBytes.length);
  return Math.max(byFiles, measured.bytes + (adapterBytes.length - measured.adapters) * average);
}

/** Lets an engine start only where its memory is free, beside what trainings will still take and other engines that start. */
export function createEngineMemory({ read, promisedBytes, stopIdle }: Needs) {
  const measured = new Map<string, Measured>();
  let reserved = 0;

  function hold(bytes: number): Disposable {
    reserved += bytes;
    return {
      [Symbol.dispose]: () => {
        reserved -= bytes;
      },
    };
  }

  async function freeBytes(): Promise<number> {
    const promised = await promisedBytes();
    const { availableBytes } = read();
    return (availableBytes ?? Number.POSITIVE_INFINITY) - promised - reserved;
  }

  /** The room for an engine until it has started, and holds the memory itself. */
  async function reserve(base: BaseModel, adapters: readonly Adapter[]): Promise<Disposable> {
    const adapterBytes = adapters.map(({ path }) => sizeOf(path));
    const need = engineNeed(sizeOf(base.gguf), adapterBytes, measured.get(base.id));
    if (need <= (await freeBytes())) return hold(need);
    await stopIdle(base.id);
    const free = await freeBytes();
    if (need <= free) return hold(need);
    throw new EngineError(
      `The model's engine needs about ${gigabytes(need)} of memory and ${gigabytes(free)} can be had now. Try again later.`,
      { retryAfterSeconds: RETRY_SECONDS },
    );
  }

  /** The same start; what its processes hold is remembered for the next one of this base. */
  const measuring =
    (baseId: string, start: StartEngine): StartEngine =>
    async (adapters, signal) => {
      const engine = await start(adapters, signal);
      async function measure(): Promise<void> {
        const bytes = await engine.memoryBytes();
        if (bytes !== null) measured.set(baseId, { bytes, adapters: adapters.length });
      }
      await measure();
      return { ...engine, stop: () => measure().then(engine.stop) };
    };

  return { reserve, measuring };
}
export type EngineMemory = ReturnType<typeof createEngineMemory>;
