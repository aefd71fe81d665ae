import type { ExitCause } from "./supervision/exit-cause.ts";

/** A base model as an engine loads it. */
export type BaseModel = {
  readonly id: string;
  readonly gguf: string;
  /** Its folder in Hugging Face's form. */
  readonly hf: string;
  readonly contextLength: number;
};

/** What every chat template is told beside the chat, as the trainer tells it: `trainer/trainer/dataset.py`. */
export const TEMPLATE_SETTINGS = { enable_thinking: false };

/** A tuned adapter; `path` is what its engine reads: the GGUF file, or PEFT's folder. */
export type Adapter = { readonly id: string; readonly path: string };

/** The body of OpenAI's `POST /v1/chat/completions`; `model` is the engine's own affair. */
export type ChatRequest = Readonly<Record<string, unknown>>;

/** OpenAI-shaped JSON, or server-sent events where the request says `stream`. The body is read once. */
export type EngineReply = { readonly status: number; readonly body: AsyncIterable<Uint8Array> };

export type Prompt = {
  readonly messages: readonly object[];
  readonly tools: readonly object[] | null;
  /** What else of a chat request its template may write: the choice of tools, the format of the answer. */
  readonly settings?: ChatRequest;
};

/** The engine understood a question about a chat, and says what is wrong with it. */
export class EngineRefusal extends Error {
  constructor(message: string) {
    super(message);
    this.name = "EngineRefusal";
  }
}

/** ln p of one given token, and whether the model holds it the likeliest. */
export type TokenLogprob = { readonly logprob: number; readonly isTop: boolean };

/** A prompt that no template is put around: its text, or the ids of its tokens. */
export type RawPrompt = string | readonly number[];

/** `logprob` is null for the first token; `top` are the likeliest in its place. */
export type PromptToken = {
  readonly text: string;
  readonly logprob: number | null;
  readonly top: readonly { readonly token: string; readonly logprob: number }[];
};
export type PromptText = { readonly text: string; readonly tokens: readonly PromptToken[] };

/**
 * One model, tuned or not, that answers. A call rejects with an `EngineError` where no engine could be reached and
 * with the signal's reason where that ended it. Leaving a reply's body, or the signal, ends the generation.
 */
export type Engine = {
  /** Resolves once the answer has begun, or is whole where it is not streamed. */
  chat(request: ChatRequest, signal: AbortSignal): Promise<EngineReply>;
  /** The same for the body of OpenAI's `POST /v1/completions` with one prompt and choice, always streamed, never with `echo`. */
  complete(request: ChatRequest, signal: AbortSignal): Promise<EngineReply>;
  /** What such a prompt says; with its tokens, and `top` others in the place of each, where `top` is no null. */
  readPrompt(prompt: RawPrompt, top: number | null, signal: AbortSignal): Promise<PromptText>;
  /** The token ids that the engine makes of a chat, generation prompt included. */
  renderPrompt(prompt: Prompt, signal: AbortSignal): Promise<readonly number[]>;
  /** ln p of each token of `answer` after `prompt` and the tokens before it, untouched by sampling settings. */
  tokenLogprobs(
    prompt: readonly number[],
    answer: readonly number[],
    signal: AbortSignal,
  ): Promise<readonly TokenLogprob[]>;
};

export type EngineExit = ExitCause & { readonly lastLogLines: readonly string[] };

/** Takes adapters in and out while it runs. */
export type AdapterLoader = {
  /** Rejects with an `EngineError` where the engine went away, with any other error where the adapter is at fault. */
  load(adapter: Adapter): Promise<void>;
  unload(adapter: Adapter): Promise<void>;
};

/** A started engine process: one base model and the adapters it was started with. */
export type RunningEngine = {
  readonly pid: number;
  /** The base model for null. What it computed for one project it computes anew for another. */
  engineFor(adapter: Adapter | null, projectId: string): Engine;
  /** Null: it keeps those that it was started with. */
  readonly loader: AdapterLoader | null;
  /** Settles when the process is gone, with what is known of why. */
  readonly exited: Promise<EngineExit>;
  memoryBytes(): Promise<number | null>;
  /** Bytes that have come from it, ever: an engine that works says something. */
  heardBytes(): number;
  /** How many requests it is working on. */
  countBusy(signal: AbortSignal): Promise<number>;
  stop(): Promise<void>;
};

/** Resolves once the process answers and is known to hold the adapters; else rejects, and leaves no process. */
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

type Facts = {
  /** The same request may succeed on a new process: nothing of an answer was passed on. */
  readonly isRetryable?: boolean;
  /** The engine took the request: it may have died of it. */
  readonly wasSent?: boolean;
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
};

/** No engine answers: it could not be started, went away, or the platform is closing. */
export class EngineError extends Error {
  readonly isRetryable: boolean;
  readonly wasSent: boolean;
  readonly retryAfterSeconds: number;

  constructor(
    message: string,
    { isRetryable = false, wasSent = false, retryAfterSeconds = 1, cause }: Facts = {},
  ) {
    super(message, { cause });
    this.name = "EngineError";
    this.isRetryable = isRetryable;
    this.wasSent = wasSent;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
