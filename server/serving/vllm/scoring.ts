import { z } from "zod";
import type { PromptToken, TokenLogprob } from "../engine.ts";

/** What vLLM says of one place in a prompt, by token id; null: nothing comes before the first. */
const Place = z
  .record(z.string(), z.object({ logprob: z.number(), rank: z.int(), decoded_token: z.string() }))
  .nullable();
type Place = z.infer<typeof Place>;

const Scored = z.object({
  choices: z.tuple([
    z.object({
      prompt_logprobs: z.array(Place),
      logprobs: z.object({ top_logprobs: z.tuple([z.record(z.string(), z.number())]) }),
    }),
  ]),
});
export type Scores = {
  readonly places: readonly Place[];
  /** ln p of what may come after the last place. */
  readonly next: Readonly<Record<string, number>>;
};

/** One more token is drawn than is needed; told which, it is the one asked for. */
export const scoringRequest = (prompt: readonly number[], top: number, drawn: number | null) => ({
  prompt,
  max_tokens: 1,
  temperature: 0,
  prompt_logprobs: Math.max(1, top),
  logprobs: 1,
  return_tokens_as_token_ids: true,
  ...(drawn === null ? {} : { allowed_token_ids: [drawn] }),
});

export function readScores(answer: unknown): Scores {
  const [{ prompt_logprobs: places, logprobs }] = Scored.parse(answer).choices;
  return { places, next: logprobs.top_logprobs[0] };
}

const unknown = (token: number) => new Error(`The engine said nothing of the token ${token}.`);

function givenLogprob(place: Place | undefined, token: number): TokenLogprob {
  const found = place?.[token];
  if (!found) throw unknown(token);
  return { logprob: found.logprob, isTop: found.rank === 1 };
}

function drawnLogprob(next: Scores["next"], token: number): TokenLogprob {
  const logprob = next[`token_id:${token}`];
  if (logprob === undefined) throw unknown(token);
  return { logprob, isTop: logprob === Math.max(...Object.values(next)) };
}

/** Of each token of an answer; its last is the one that was drawn, so that it needs no room in the context. */
export function answerLogprobs({ places, next }: Scores, answer: readonly number[]): readonly TokenLogprob[] {
  const start = places.length - answer.length + 1;
  return answer.map((token, index) =>
    index === answer.length - 1 ? drawnLogprob(next, token) : givenLogprob(places[start + index], token),
  );
}

function promptToken(place: Place | undefined, token: number, top: number): PromptToken {
  const given = place?.[token];
  if (!place || !given) throw unknown(token);
  const likely = Object.values(place)
    .filter(({ rank }) => rank <= top)
    .toSorted((a, b) => a.rank - b.rank);
  return {
    text: given.decoded_token,
    logprob: given.logprob,
    top: likely.map(({ decoded_token: token, logprob }) => ({ token, logprob })),
  };
}

/** Of each token of a prompt; nothing comes before the first one that it could follow from. */
export const promptTokens = (
  places: Scores["places"],
  ids: readonly number[],
  first: string,
  top: number,
): readonly PromptToken[] =>
  ids.map((token, index) =>
    index === 0 ? { text: first, logprob: null, top: [] } : promptToken(places[index], token, top),
  );
