import { z } from "zod";
import { LogitBias, Seed, Stop } from "./chat.ts";

const token = z
  .int()
  .min(0)
  .max(2 ** 31 - 1);
const text = z.string().min(1);
const prompt = z.union([
  text,
  z.array(text).min(1),
  z.array(token).min(1),
  z.array(z.array(token).min(1)).min(1),
]);

/** `POST /completions`, the older form: a prompt as it is, without a template. */
export const TextRequest = z.strictObject({
  model: z.string().min(1),
  prompt,
  echo: z.boolean().nullish(),
  logprobs: z.int().min(0).max(5).nullish(),
  max_tokens: z
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .nullish(),
  n: z.int().min(1).max(128).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  stop: Stop.nullish(),
  frequency_penalty: z.number().min(-2).max(2).nullish(),
  presence_penalty: z.number().min(-2).max(2).nullish(),
  logit_bias: LogitBias.nullish(),
  seed: Seed.nullish(),
  stream: z.boolean().nullish(),
  stream_options: z
    .strictObject({ include_usage: z.boolean().optional(), include_obfuscation: z.boolean().optional() })
    .nullish(),
  user: z.string().nullish(),
  best_of: z.int().min(0).max(20).nullish(),
  suffix: z.string().nullish(),
});
export type TextRequest = z.infer<typeof TextRequest>;

export const TextLogprobs = z.object({
  tokens: z.array(z.string()),
  token_logprobs: z.array(z.number().nullable()),
  top_logprobs: z.array(z.record(z.string(), z.number()).nullable()),
});
export type TextLogprobs = z.infer<typeof TextLogprobs>;

/** What an engine answers to one prompt, whole or as one of the pieces; offsets are counted here. */
export const EngineText = z.object({
  choices: z.array(
    z.object({
      text: z.string(),
      finish_reason: z.enum(["stop", "length"]).nullish(),
      logprobs: TextLogprobs.nullish(),
    }),
  ),
  usage: z
    .object({
      prompt_tokens: z.int(),
      completion_tokens: z.int(),
      total_tokens: z.int(),
      prompt_tokens_details: z.object({ cached_tokens: z.int() }).nullish(),
    })
    .nullish(),
});
export type EngineText = z.infer<typeof EngineText>;
