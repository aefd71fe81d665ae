import type { Engine } from "./engine.ts";

/** A started engine process, for people and for gauges. */
export type ProcessFacts = {
  readonly base: string;
  readonly pid: number;
  readonly adapters: number;
  /** null: the system does not say. */
  readonly memoryBytes: number | null;
};

/** Requests at an engine, or at an upstream (`upstream:NAME`), for gauges. */
export type QueueFacts = { readonly base: string; readonly working: number; readonly waiting: number };

/** All that answers for one base model and the adapters on it; what it needs it starts when it is first asked. */
export type EnginePool = AsyncDisposable & {
  /** Requests that it works on at the same time; it is never given more. */
  readonly places: number;
  /** Requests for different adapters would wait for each other inside it: it is given those for one at a time. */
  readonly oneModel: boolean;
  /** For the requests of one project; the base model for null. Nothing is started before the engine is asked something. */
  engine(adapterId: string | null, projectId: string): Engine;
  /** It could be asked this moment, without waiting for a start or for an adapter. */
  isReady(adapterId: string | null): boolean;
  /** Starts, or loads, what is missing, and resolves when it is there; with an `EngineError` where that fails. */
  whenReady(adapterId: string | null, signal: AbortSignal): Promise<void>;
  /** Stops what nobody uses at the moment, to make room; left out: there is nothing to stop. */
  stopIdle?(): Promise<void>;
  /** Its model is gone. Resolves once nothing reads the adapter's file any more. */
  forget(adapterId: string): Promise<void>;
  /** The processes that run now; none where it answers elsewhere. */
  processes(): Promise<readonly ProcessFacts[]>;
};
