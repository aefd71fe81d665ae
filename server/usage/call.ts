export type Endpoint = "chat" | "completions" | "responses";

/** A request for an answer of a model, as it arrives. */
export type Call = {
  readonly requestId: string;
  readonly projectId: string;
  readonly organizationId: string;
  readonly keyId: string;
  readonly endpoint: Endpoint;
  /** As it was asked for; nobody has looked for it yet. */
  readonly model: string;
  readonly isStreamed: boolean;
};

/** The model that answers. */
export type AnsweringModel = { readonly model: string; readonly base: string; readonly isTuned: boolean };

export type Tokens = { readonly input: number; readonly output: number; readonly cached: number };

/** A request that has ended. */
export type EndedCall = Call & {
  /** Unix seconds. */
  readonly createdAt: number;
  /** null: no such model. */
  readonly answering: AnsweringModel | null;
  /** `ok`, `cancelled` (by the client), or the kind of the refusal. */
  readonly status: string;
  /** null: the client was given nothing of an answer. */
  readonly answeredAt: number | null;
  readonly tokens: Tokens;
  /** null: not streamed, or ended before its first piece. */
  readonly firstTokenMs: number | null;
  readonly durationMs: number;
};
