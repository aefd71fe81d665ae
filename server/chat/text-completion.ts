import type { EngineText, TextLogprobs, TextRequest } from "../../contract/text-completions.ts";
import { toldCachedTokens } from "../generation/cached-tokens.ts";
import { choiceSeed } from "../generation/choice-seed.ts";
import type { Head } from "./completion.ts";

/** A prompt as it came in, and as it is said again with `echo`. */
export type EchoedPrompt = { readonly text: string; readonly logprobs: TextLogprobs | null };

type TextChoice = EngineText["choices"][number];
type TextUsage = NonNullable<EngineText["usage"]>;

const none: TextLogprobs = { tokens: [], token_logprobs: [], top_logprobs: [] };

const joinLogprobs = (all: readonly (TextLogprobs | null | undefined)[]): TextLogprobs | null => {
  const told = all.filter((one) => one !== null && one !== undefined);
  if (told.length === 0) return null;
  return told.reduce(
    (before, one) => ({
      tokens: [...before.tokens, ...one.tokens],
      token_logprobs: [...before.token_logprobs, ...one.token_logprobs],
      top_logprobs: [...before.top_logprobs, ...one.top_logprobs],
    }),
    none,
  );
};

/** Where each token begins, counted in characters from the beginning of the text. */
function presentLogprobs(logprobs: TextLogprobs | null, from: number) {
  if (!logprobs) return null;
  let at = from;
  const text_offset = logprobs.tokens.map((token) => {
    const start = at;
    at += token.length;
    return start;
  });
  return { ...logprobs, text_offset };
}

type Place = { readonly index: number; readonly from: number };

export const presentTextChoice = (choice: TextChoice, { index, from }: Place) => ({
  text: choice.text,
  index,
  logprobs: presentLogprobs(choice.logprobs ?? null, from),
  finish_reason: choice.finish_reason ?? null,
});

/** One choice from its pieces, the prompt before them where it is to be said again. */
export function joinText(pieces: readonly TextChoice[], echoed: EchoedPrompt | null): TextChoice {
  const all = echoed ? [{ ...echoed, finish_reason: null }, ...pieces] : pieces;
  return {
    text: all.map(({ text }) => text).join(""),
    logprobs: joinLogprobs(all.map(({ logprobs }) => logprobs)),
    finish_reason: pieces.map((one) => one.finish_reason).findLast((reason) => reason) ?? "stop",
  };
}

/** A prompt counts once, however many choices it has; `all` are in their order, `n` a prompt. */
export function totalTextUsage(all: readonly TextUsage[], n: number) {
  const prompts = all.filter((_, index) => index % n === 0);
  const prompt = prompts.reduce((sum, usage) => sum + usage.prompt_tokens, 0);
  const completion = all.reduce((sum, usage) => sum + usage.completion_tokens, 0);
  const cachedOf = (usage: TextUsage) => toldCachedTokens(usage.prompt_tokens_details?.cached_tokens);
  const cached = prompts.reduce((sum, usage) => sum + cachedOf(usage), 0);
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cached, audio_tokens: 0 },
  };
}

export const textHead = (head: Head) => ({ ...head, object: "text_completion" as const });

const isTokens = (prompt: TextRequest["prompt"]): prompt is number[] =>
  Array.isArray(prompt) && typeof prompt[0] === "number";

/** The prompts of a request, one by one: text, or the ids of tokens. */
export function promptsOf({ prompt }: TextRequest): readonly (string | readonly number[])[] {
  return typeof prompt === "string" || isTokens(prompt) ? [prompt] : prompt;
}

/** Without anything to write there is still a prompt to be read: one token is drawn and left out. */
export const textEngineRequest = (
  request: TextRequest,
  prompt: string | readonly number[],
  choice: number,
): Record<string, unknown> => {
  const wanted = {
    prompt,
    max_tokens: Math.max(1, request.max_tokens ?? 16),
    temperature: request.temperature ?? 1,
    top_p: request.top_p ?? 1,
    top_k: 0,
    min_p: 0,
    stop: request.stop,
    frequency_penalty: request.frequency_penalty,
    presence_penalty: request.presence_penalty,
    logit_bias: request.logit_bias,
    logprobs: request.logprobs,
    seed: choiceSeed(request.seed, choice),
    stream: true,
    stream_options: { include_usage: true },
  };
  return Object.fromEntries(
    Object.entries(wanted).filter(([, value]) => value !== null && value !== undefined),
  );
};
