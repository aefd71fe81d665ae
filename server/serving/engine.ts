import { z } from "zod";

/** A base model as an engine loads it. */
export type BaseModel = { readonly id: string; readonly gguf: string; readonly contextLength: number };

/** A tuned adapter; `path` is its GGUF file. */
export type Adapter = { readonly id: string; readonly path: string };

/** The body of OpenAI's `POST /v1/chat/completions`. `model`, `stream` and `stream_options` are the engine's own. */
export type ChatRequest = Readonly<Record<string, unknown>>;

const ToolCallDelta = z.looseObject({
  index: z.int().default(0),
  id: z.string().optional(),
  type: z.string().optional(),
  function: z.looseObject({ name: z.string().optional(), arguments: z.string().optional() }).optional(),
});

const ChunkChoice = z.looseObject({
  index: z.int(),
  delta: z.looseObject({
    role: z.string().nullish(),
    content: z.string().nullish(),
    tool_calls: z.array(ToolCallDelta).nullish(),
  }),
  finish_reason: z.string().nullish(),
  logprobs: z.looseObject({ content: z.array(z.unknown()).nullish() }).nullish(),
});

/** OpenAI's `chat.completion.chunk`; unknown fields are kept. The last one carries `usage`. */
export const ChatChunk = z.looseObject({
  choices: z.array(ChunkChoice),
  usage: z
    .looseObject({ prompt_tokens: z.int(), completion_tokens: z.int(), total_tokens: z.int() })
    .nullish(),
});
export type ChatChunk = z.infer<typeof ChatChunk>;

/** Ends early by `return()` (what leaving a `for await` does) or by the request's signal. */
export type ChatStream = AsyncIterableIterator<ChatChunk>;

export type Prompt = {
  readonly messages: readonly object[];
  readonly tools: readonly object[] | null;
};

/** ln p of one given token, and whether the model holds it the likeliest. */
export type TokenLogprob = { readonly logprob: number; readonly isTop: boolean };

/** One model, tuned or not, that answers. Every call rejects with an `EngineError`, or with the signal's reason. */
export type Engine = {
  /** Always streams: resolves with the first chunk at hand, so a failure before it is still a rejection. */
  chat(request: ChatRequest, signal: AbortSignal): Promise<ChatStream>;
  /** The token ids that the engine makes of a chat, generation prompt included. */
  renderPrompt(prompt: Prompt, signal: AbortSignal): Promise<readonly number[]>;
  /** ln p of each token of `answer` after `prompt` and the tokens before it, untouched by sampling settings. */
  tokenLogprobs(
    prompt: readonly number[],
    answer: readonly number[],
    signal: AbortSignal,
  ): Promise<readonly TokenLogprob[]>;
};

/** A started engine process: one base model and the adapters it was started with. */
export type RunningEngine = {
  readonly pid: number;
  /** The base model for null. */
  engineFor(adapter: Adapter | null): Engine;
  /** Settles when the process is gone, with what is known of why. */
  readonly exited: Promise<EngineExit>;
  memoryBytes(): Promise<number | null>;
  stop(): Promise<void>;
};

export type EngineExit = { readonly reason: string; readonly lastLogLines: readonly string[] };

export type StartEngine = (adapters: readonly Adapter[], signal: AbortSignal) => Promise<RunningEngine>;

/** Why a process did not become ready; `lastLogLines` are its own last words. */
export class EngineStartError extends Error {
  readonly lastLogLines: readonly string[];

  constructor(message: string, lastLogLines: readonly string[], cause?: unknown) {
    super(message, { cause });
    this.name = "EngineStartError";
    this.lastLogLines = lastLogLines;
  }
}

const errorStatus = {
  /** No engine answers now: starting failed, it died, or the platform is closing. */
  unavailable: 503,
  context_length_exceeded: 400,
  /** The engine refused the request itself; its own words are the message. */
  invalid_request: 400,
} as const;

type EngineErrorFacts = {
  readonly reason: keyof typeof errorStatus;
  /** The same request may succeed on another try, and nothing of an answer was passed on. */
  readonly isRetryable?: boolean;
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
};

export class EngineError extends Error {
  readonly reason: keyof typeof errorStatus;
  readonly isRetryable: boolean;
  readonly retryAfterSeconds: number | null;

  constructor(message: string, facts: EngineErrorFacts) {
    super(message, { cause: facts.cause });
    this.name = "EngineError";
    this.reason = facts.reason;
    this.isRetryable = facts.isRetryable ?? false;
    this.retryAfterSeconds = facts.retryAfterSeconds ?? null;
  }

  get status() {
    return errorStatus[this.reason];
  }
}
