import type { Engine } from "./engine.ts";

/** A started engine process, for people and for gauges. */
export type ProcessFacts = {
  readonly base: string;
  readonly pid: number;
  readonly adapters: number;
  /** null: the system does not say. */
  readonly memoryBytes: number | null;
};

/** All that answers for one base model and the adapters on it; what it needs it starts when it is first asked. */
export type EnginePool = AsyncDisposable & {
  /** The base model for null. Nothing is started before the engine is asked something. */
  engine(adapterId: string | null): Engine;
  /** Its model is gone. Resolves once nothing reads the adapter's file any more. */
  forget(adapterId: string): Promise<void>;
  /** The processes that run now; none where it answers elsewhere. */
  processes(): Promise<readonly ProcessFacts[]>;
};
