import type { FidelityProbe } from "../../../contract/training.ts";
import { type Engine, EngineError, type TokenLogprob } from "../engine.ts";

type Row = FidelityProbe["rows"][number];

/** How far an engine's answer is from the trainer's own, over the tokens of held-back answers. */
export type FidelityReport = {
  readonly rows: number;
  readonly tokens: number;
  /** Rows whose messages the engine turns into other tokens than the trainer does. */
  readonly differentPrompts: number;
  /** |ln p engine − ln p trainer|, a token. */
  readonly meanAbsDifference: number;
  readonly maxAbsDifference: number;
  /** |p engine − p trainer|, a token. */
  readonly meanProbabilityDifference: number;
  /** |p tuned − p base|, a token, both by the trainer: how much there is to get wrong. */
  readonly meanProbabilityEffect: number;
  /** p (1 − p) by the trainer, a token: how far a small difference of logits moves p. */
  readonly meanUncertainty: number;
  /** Of the tokens that the trainer gives more than one half: the share that is the engine's first choice, too. */
  readonly sameTopToken: number;
  readonly meanLogprobEngine: number;
  readonly meanLogprobTrainer: number;
  readonly meanLogprobBase: number;
};

type Measured = {
  readonly isSamePrompt: boolean;
  readonly row: Row;
  readonly engine: readonly TokenLogprob[];
};

const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(values.length, 1);

const isSame = (a: readonly number[], b: readonly number[]) =>
  a.length === b.length && a.every((value, index) => value === b[index]);

async function measureRow(engine: Engine, row: Row, signal: AbortSignal): Promise<Measured> {
  const rendered = await engine.renderPrompt(row, signal);
  const answer = await engine.tokenLogprobs(row.prompt_tokens, row.answer_tokens, signal);
  return { isSamePrompt: isSame(rendered, row.prompt_tokens), row, engine: answer };
}

const apart = (a: number, b: number) => Math.abs(Math.exp(a) - Math.exp(b));

const CERTAIN = Math.log(0.5);

function reportOf(measured: readonly Measured[]): FidelityReport {
  const tokens = measured.flatMap(({ row, engine }) =>
    engine.map(({ logprob, isTop }, index) => ({
      engine: logprob,
      isTop,
      trainer: row.logprobs[index] ?? Number.NaN,
      base: row.base_logprobs[index] ?? Number.NaN,
    })),
  );
  const differences = tokens.map(({ engine, trainer }) => Math.abs(engine - trainer));
  const certain = tokens.filter(({ trainer }) => trainer > CERTAIN);
  return {
    rows: measured.length,
    tokens: tokens.length,
    differentPrompts: measured.filter(({ isSamePrompt }) => !isSamePrompt).length,
    meanAbsDifference: mean(differences),
    maxAbsDifference: Math.max(0, ...differences),
    meanProbabilityDifference: mean(tokens.map(({ engine, trainer }) => apart(engine, trainer))),
    meanProbabilityEffect: mean(tokens.map(({ trainer, base }) => apart(trainer, base))),
    meanUncertainty: mean(tokens.map(({ trainer }) => Math.exp(trainer) * (1 - Math.exp(trainer)))),
    sameTopToken: certain.length === 0 ? 1 : mean(certain.map(({ isTop }) => Number(isTop))),
    meanLogprobEngine: mean(tokens.map(({ engine }) => engine)),
    meanLogprobTrainer: mean(tokens.map(({ trainer }) => trainer)),
    meanLogprobBase: mean(tokens.map(({ base }) => base)),
  };
}

/** A machine that is busy for a while is no reason to lose a training; the engine's cache makes the next try quicker. */
const MOST_TRIES = 3;

type Patience = { readonly signal: AbortSignal; readonly timeoutMs: number };

async function measureInTime(engine: Engine, row: Row, { signal, timeoutMs }: Patience): Promise<Measured> {
  for (let tries = 1; ; tries += 1) {
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      return await measureRow(engine, row, AbortSignal.any([signal, timeout]));
    } catch (cause) {
      if (signal.aborted || !timeout.aborted) throw cause;
      if (tries < MOST_TRIES) continue;
      const message = `The engine did not answer a row of the fidelity check within ${timeoutMs / 1000} s, ${tries} times over.`;
      throw new EngineError(message, { cause });
    }
  }
}

/** Asks the engine for the trainer's own held-back answers, token by token; the time is each row's. */
export async function measureFidelity(
  engine: Engine,
  probe: FidelityProbe,
  signal: AbortSignal,
  timeoutMs = 3 * 60_000,
): Promise<FidelityReport> {
  const measured: Measured[] = [];
  for (const row of probe.rows) measured.push(await measureInTime(engine, row, { signal, timeoutMs }));
  return reportOf(measured);
}
