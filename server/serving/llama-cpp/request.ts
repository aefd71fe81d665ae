import { type AnswerRules, answerRules, beyondRules, type Refused } from "../answer-rules.ts";
import type { ChatRequest } from "../engine.ts";
import type { ModelFacts } from "./model-facts.ts";

/** llama.cpp takes 2³² - 1 for "any". */
const ANY_SEED = 2 ** 32 - 1;

const seedOf = (seed: number) => ((seed % ANY_SEED) + ANY_SEED) % ANY_SEED;

type FindFacts = () => Promise<ModelFacts>;

/** llama.cpp gives `logprobs` up beside tools in a stream, though not under its own name for them. */
function probabilities({ logprobs, top_logprobs }: ChatRequest): object {
  return logprobs === true ? { n_probs: Math.max(1, Number(top_logprobs ?? 0)) } : {};
}

async function settings(request: ChatRequest, facts: FindFacts): Promise<object> {
  const { logprobs: _, top_logprobs: __, seed, ...body } = beyondRules(request);
  const { frequency_penalty, presence_penalty } = request;
  const isPenalized = Boolean(frequency_penalty || presence_penalty);
  // llama.cpp itself looks back over 64 tokens only.
  const penalties = isPenalized ? { repeat_last_n: (await facts()).contextLength } : {};
  const seeded = typeof seed === "number" ? { seed: seedOf(seed) } : {};
  return { ...body, ...penalties, ...seeded, ...probabilities(request) };
}

/** llama.cpp passes over tokens that it does not know. */
async function unknownToken(ids: readonly unknown[], facts: FindFacts): Promise<string | null> {
  if (ids.length === 0) return null;
  const { vocabulary } = await facts();
  const odd = ids.find((id) => Number(id) >= vocabulary);
  return odd === undefined ? null : `This model has no token ${odd}: its tokens are 0 to ${vocabulary - 1}.`;
}

const biased = ({ logit_bias }: ChatRequest) =>
  Object.keys(typeof logit_bias === "object" ? (logit_bias ?? {}) : {});

export type LlamaCppRequest = { readonly body: object } & Pick<AnswerRules, "toolFormat" | "mustCall">;

/** OpenAI's request in llama.cpp's terms. */
export async function llamaCppRequest(
  request: ChatRequest,
  facts: FindFacts,
): Promise<LlamaCppRequest | Refused> {
  const rules = await answerRules(request, async () => (await facts()).toolFormat);
  if (!rules) return { body: request, toolFormat: null, mustCall: false };
  if ("refused" in rules) return rules;
  const unknown = await unknownToken(biased(request), facts);
  if (unknown) return { refused: { message: unknown, param: "logit_bias" } };
  const { grammar, tools, toolFormat, mustCall } = rules;
  const held = grammar === null ? {} : { grammar };
  return { body: { ...(await settings(request, facts)), ...tools, ...held }, toolFormat, mustCall };
}

/** The same for a prompt without a template: `top` is how many others are told of each token; null: nothing of any. */
export async function llamaCppText(
  request: ChatRequest,
  facts: FindFacts,
): Promise<{ body: object; top: number | null } | Refused> {
  const unknown = await unknownToken(biased(request), facts);
  if (unknown) return { refused: { message: unknown, param: "logit_bias" } };
  const unread = await unknownToken(Array.isArray(request.prompt) ? request.prompt : [], facts);
  if (unread) return { refused: { message: unread, param: "prompt" } };
  const top = typeof request.logprobs === "number" ? request.logprobs : null;
  const told = top === null ? {} : { n_probs: Math.max(1, top) };
  return { body: { ...(await settings(request, facts)), ...told }, top };
}
