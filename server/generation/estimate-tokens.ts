type Request = {
  readonly messages?: unknown;
  readonly prompt?: unknown;
  readonly input?: unknown;
  readonly instructions?: unknown;
  readonly max_tokens?: number | null | undefined;
  readonly max_completion_tokens?: number | null | undefined;
  readonly max_output_tokens?: number | null | undefined;
  readonly n?: number | null | undefined;
};

const CHARACTERS_A_TOKEN = 4;

/** Of all text in it; a number is a token already. */
function charactersOf(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (typeof value === "number") return CHARACTERS_A_TOKEN;
  if (typeof value !== "object" || value === null) return 0;
  let characters = 0;
  for (const inner of Array.isArray(value) ? value : Object.values(value)) characters += charactersOf(inner);
  return characters;
}

/** What a request takes of a limit before it is answered, as OpenAI reckons: its characters and the most it asks for. */
export function estimateTokens(request: Request): { readonly prompt: number; readonly answer: number } {
  const characters =
    charactersOf(request.messages) +
    charactersOf(request.prompt) +
    charactersOf(request.input) +
    charactersOf(request.instructions);
  const most = request.max_completion_tokens ?? request.max_tokens ?? request.max_output_tokens ?? 0;
  return { prompt: Math.ceil(characters / CHARACTERS_A_TOKEN), answer: most * (request.n ?? 1) };
}
