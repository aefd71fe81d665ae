import { z } from "zod";
import { type Connection, exchange } from "../engine-http.ts";
import type { Slot } from "./slots.ts";
import type { FindToken, FoundToken } from "./text.ts";

const Candidate = z.object({ id: z.int(), token: z.string(), logprob: z.number() });
const NextToken = z.object({
  completion_probabilities: z.array(Candidate.extend({ top_logprobs: z.array(Candidate) })).default([]),
});

/** Candidates asked for, until a token that cannot be drawn is among them: all of them cost half a second. */
const CANDIDATES = [256, 4_096, 1_000_000];

/** So much likelier than any other that it is drawn. What is told of it is what the model holds of it without that. */
const CERTAIN = 1_000;

/** Finds what a model holds of given tokens; `scales` say which adapter it runs under. */
export function createTokenFinder(connection: Connection, scales: object) {
  /** What is told of the token that is drawn after these. */
  async function draw(
    slot: Slot,
    before: readonly number[],
    wanted: number | string,
    count: number,
    signal: AbortSignal,
  ) {
    const drawn = { n_predict: 1, temperature: 0, logit_bias: [[wanted, CERTAIN]] };
    const body = { ...scales, ...drawn, prompt: before, n_probs: count, ...slot.next() };
    const reply = NextToken.parse(await exchange(connection, "/completion", body, signal));
    slot.begun();
    return reply.completion_probabilities[0];
  }

  /** llama.cpp says nothing of a token that is drawn and cannot be written yet, such as half a character: it is looked up. */
  async function lookUp(
    slot: Slot,
    token: number,
    before: readonly number[],
    top: number,
    signal: AbortSignal,
  ): Promise<FoundToken> {
    for (const count of CANDIDATES.filter((most) => most >= top)) {
      const likely = (await draw(slot, before, "a", count, signal))?.top_logprobs ?? [];
      const found = likely.find(({ id }) => id === token);
      if (found) return { logprob: found.logprob, likely };
    }
    throw new Error(`The engine's vocabulary has no token ${token}.`);
  }

  /** Tokens are found one after the other in one slot: each finds the one before it in the cache. */
  return (slot: Slot, signal: AbortSignal): FindToken =>
    async (token, before, top) => {
      const told = await draw(slot, before, token, Math.max(1, top), signal);
      if (told?.id !== token) return await lookUp(slot, token, before, top, signal);
      return { logprob: told.logprob, likely: told.top_logprobs };
    };
}
