import { z } from "zod";
import { Refusal } from "../../../contract/errors.ts";
import type { PromptText, PromptToken, RawPrompt } from "../engine.ts";
import { type Connection, exchange } from "../engine-http.ts";
import type { ModelFacts } from "./model-facts.ts";

/** A token that might come next. */
export type Candidate = { readonly id: number; readonly token: string; readonly logprob: number };

/** What the model holds of a token after those before it, and the likeliest in its place, at least one. */
export type FoundToken = { readonly logprob: number; readonly likely: readonly Candidate[] };
export type FindToken = (token: number, before: readonly number[], top: number) => Promise<FoundToken>;

const Pieces = z.object({
  tokens: z.array(z.object({ id: z.int(), piece: z.union([z.string(), z.array(z.int())]) })),
});
const Detokenized = z.object({ content: z.string() });

const TokenLogprob = z.object({ token: z.string(), logprob: z.number() });
const Choice = z.looseObject({
  logprobs: z
    .object({ content: z.array(TokenLogprob.extend({ top_logprobs: z.array(TokenLogprob) })) })
    .nullish(),
});
const Chunk = z.looseObject({ choices: z.array(Choice) });

/** The older form of log-probabilities: the token that was drawn is always among them. */
function olderLogprobs({ logprobs }: z.infer<typeof Choice>, top: number) {
  if (!logprobs) return null;
  const { content } = logprobs;
  const likely = content.map((one) => [...one.top_logprobs.slice(0, top), one]);
  return {
    tokens: content.map(({ token }) => token),
    token_logprobs: content.map(({ logprob }) => logprob),
    top_logprobs: likely.map((all) => Object.fromEntries(all.map(({ token, logprob }) => [token, logprob]))),
  };
}

/** The data of a text's events with their log-probabilities in the older form. */
export async function* olderEvents(events: AsyncIterable<string>, top: number): AsyncGenerator<string> {
  for await (const data of events) {
    const parsed = data.startsWith("{") ? Chunk.safeParse(JSON.parse(data)) : null;
    if (!parsed?.success) yield data;
    else {
      const choices = parsed.data.choices.map((one) => ({ ...one, logprobs: olderLogprobs(one, top) }));
      yield JSON.stringify({ ...parsed.data, choices });
    }
  }
}

/** Half a character has no text: its bytes, as OpenAI writes them. */
const written = (piece: string | readonly number[]) =>
  typeof piece === "string"
    ? piece
    : `bytes:${piece.map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("")}`;

type Needs = {
  readonly connection: Connection;
  readonly facts: ModelFacts;
  readonly findToken: FindToken;
};
type Asked = { readonly prompt: RawPrompt; readonly top: number | null };

function assertTokens(prompt: RawPrompt, { vocabulary }: ModelFacts): void {
  if (typeof prompt === "string") return;
  const odd = prompt.find((id) => id >= vocabulary);
  if (odd === undefined) return;
  const text = `This model has no token ${odd}: its tokens are 0 to ${vocabulary - 1}.`;
  throw new Refusal("invalid_value", text, "prompt");
}

function assertFits(count: number, { contextLength }: ModelFacts): void {
  if (count < contextLength) return;
  const text = `This model's maximum context length is ${contextLength} tokens. However, your prompt has ${count}. Please shorten it.`;
  throw new Refusal("context_length_exceeded", text, "prompt");
}

async function textOf(connection: Connection, tokens: readonly number[], signal: AbortSignal) {
  return Detokenized.parse(await exchange(connection, "/detokenize", { tokens }, signal)).content;
}

async function tokensOf(connection: Connection, prompt: RawPrompt, signal: AbortSignal) {
  if (typeof prompt !== "string") {
    const texts: { id: number; text: string }[] = [];
    for (const id of prompt) texts.push({ id, text: await textOf(connection, [id], signal) });
    return texts;
  }
  const body = { content: prompt, add_special: true, parse_special: true, with_pieces: true };
  const { tokens } = Pieces.parse(await exchange(connection, "/tokenize", body, signal));
  return tokens.map(({ id, piece }) => ({ id, text: written(piece) }));
}

/** The text of a prompt and, where `top` is a number, what the model holds of each of its tokens. */
export async function readRawPrompt(
  { connection, facts, findToken }: Needs,
  { prompt, top }: Asked,
  signal: AbortSignal,
): Promise<PromptText> {
  assertTokens(prompt, facts);
  if (typeof prompt !== "string") assertFits(prompt.length, facts);
  const text = typeof prompt === "string" ? prompt : await textOf(connection, prompt, signal);
  if (top === null) return { text, tokens: [] };
  const tokens = await tokensOf(connection, prompt, signal);
  assertFits(tokens.length, facts);
  const ids = tokens.map(({ id }) => id);
  const all: PromptToken[] = [];
  // One after the other: each finds the one before it in the cache.
  for (const [place, one] of tokens.entries()) {
    // Nothing comes before the first one that it could follow from.
    const found = place === 0 ? null : await findToken(one.id, ids.slice(0, place), top);
    all.push({ text: one.text, logprob: found?.logprob ?? null, top: found?.likely.slice(0, top) ?? [] });
  }
  return { text, tokens: all };
}
