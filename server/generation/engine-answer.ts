import { z } from "zod";
import { Refusal } from "../../contract/errors.ts";

/** An engine's HTTP answer; the body is read once. */
export type EngineReply = { readonly status: number; readonly body: AsyncIterable<Uint8Array> };

const EngineError = z.object({
  error: z.object({
    message: z.string(),
    type: z.string().optional(),
    /** A number where llama.cpp speaks. */
    code: z.unknown().optional(),
    param: z.string().nullish(),
    n_prompt_tokens: z.int().optional(),
    n_ctx: z.int().optional(),
  }),
});

async function readText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

function decode(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const tooLong = (tokens: number, limit: number) =>
  new Refusal(
    "context_length_exceeded",
    `This model's maximum context length is ${limit} tokens. However, your messages resulted in ${tokens} tokens. Please reduce the length of the messages.`,
    "messages",
  );

/** An engine's refusal in the words of this API: what the caller can mend is a 400, anything else worth another try. */
export function refusalFrom(status: number, answer: unknown): Refusal {
  const parsed = EngineError.safeParse(answer);
  const error = parsed.success ? parsed.data.error : null;
  if (error?.type === "exceed_context_size_error")
    return tooLong(error.n_prompt_tokens ?? 0, error.n_ctx ?? 0);
  if (status === 400 && error?.code === "context_length_exceeded")
    return new Refusal("context_length_exceeded", error.message, error.param ?? null);
  if (status >= 400 && status < 500 && error)
    return new Refusal("invalid_request", error.message, error.param ?? null);
  return new Refusal(
    "engine_unavailable",
    "The model's engine could not answer. Try again in a moment.",
    null,
    1,
  );
}

/** The reply's JSON by its schema, or the engine's refusal. */
export async function readAnswer<Schema extends z.ZodType>(
  reply: EngineReply,
  schema: Schema,
): Promise<z.output<Schema>> {
  const answer = decode(await readText(reply.body));
  const parsed = reply.status === 200 ? schema.safeParse(answer) : null;
  if (parsed?.success) return parsed.data;
  throw refusalFrom(reply.status, answer);
}

/** A stream that has begun, or the engine's refusal. */
export async function openStream(reply: EngineReply): Promise<AsyncIterable<Uint8Array>> {
  if (reply.status === 200) return reply.body;
  throw refusalFrom(reply.status, decode(await readText(reply.body)));
}
