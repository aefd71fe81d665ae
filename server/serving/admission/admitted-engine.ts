import type { Engine, EngineReply } from "../engine.ts";
import type { EnginePool } from "../pool.ts";
import type { Admission } from "./admission.ts";
import type { ReadAhead } from "./read-ahead.ts";

/** One model of a pool as one project may use it. */
type Asked = {
  readonly projectId: string;
  readonly adapterId: string | null;
  readonly readAhead: ReadAhead;
};

/**
 * The engines of a pool, asked in turn. Whatever makes the model compute takes a place, so that an engine never has more
 * than it can work on; what only renders or counts needs none, and would wait in vain behind long answers.
 */
export function admitted(pool: EnginePool, admission: Admission, { projectId, adapterId, readAhead }: Asked) {
  const engine = pool.engine(adapterId, projectId);
  const asker = { projectId, model: adapterId ?? "" };
  const model = {
    isReady: () => pool.isReady(adapterId),
    whenReady: (signal: AbortSignal) => pool.whenReady(adapterId, signal),
  };

  /** The place is free again when `work` is done. */
  async function whole<Result>(
    caller: AbortSignal,
    work: (engine: Engine, signal: AbortSignal) => Promise<Result>,
  ) {
    const visit = admission.visit(asker, caller);
    try {
      const turn = visit.enter(model);
      if (turn) await turn;
      return await work(engine, visit.signal);
    } finally {
      visit.end();
    }
  }

  /** The place is free again when the engine is done with its answer, or it was left. */
  async function answer(
    caller: AbortSignal,
    work: (engine: Engine, signal: AbortSignal) => Promise<EngineReply>,
  ): Promise<EngineReply> {
    const visit = admission.visit(asker, caller);
    try {
      const turn = visit.enter(model);
      if (turn) await turn;
      const { status, body } = await work(engine, visit.signal);
      return { status, body: readAhead(body, visit.end) };
    } catch (error) {
      visit.end();
      throw error;
    }
  }

  const admittedEngine: Engine = {
    chat: (request, caller) => answer(caller, (one, signal) => one.chat(request, signal)),
    complete: (request, caller) => answer(caller, (one, signal) => one.complete(request, signal)),
    readPrompt: (prompt, top, caller) => whole(caller, (one, signal) => one.readPrompt(prompt, top, signal)),
    tokenLogprobs: (prompt, tokens, caller) =>
      whole(caller, (one, signal) => one.tokenLogprobs(prompt, tokens, signal)),
    renderPrompt: engine.renderPrompt,
  };
  return { engine: admittedEngine, whole };
}
