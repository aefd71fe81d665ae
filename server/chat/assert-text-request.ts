import { Refusal } from "../../contract/errors.ts";
import type { TextRequest } from "../../contract/text-completions.ts";
import { promptsOf } from "./text-completion.ts";

/** Each is a request to the engine. */
const MOST_CHOICES = 128;

function assertTogether({ stream_options, stream, n, ...request }: TextRequest): void {
  if (stream_options && !stream)
    throw new Refusal(
      "invalid_value",
      "'stream_options' is only allowed when 'stream' is true.",
      "stream_options",
    );
  const choices = promptsOf({ ...request, n }).length * (n ?? 1);
  if (choices <= MOST_CHOICES) return;
  const text = `These are ${choices} choices, of all prompts together; at most ${MOST_CHOICES} are allowed.`;
  throw new Refusal("invalid_value", text, (n ?? 1) > 1 ? "n" : "prompt");
}

/** Refuses what no engine here can do. */
export function assertTextAnswerable(request: TextRequest): void {
  const unsupported = (name: string, why: string) =>
    new Refusal("unsupported_parameter", `Unsupported parameter: '${name}': ${why}.`, name);
  if ((request.best_of ?? 1) > 1)
    throw unsupported("best_of", "ask for several choices with 'n', with 'logprobs', and choose among them");
  if (request.best_of === 1 && (request.n ?? 1) > 1)
    throw new Refusal("invalid_value", "'best_of' must be at least 'n': leave it out.", "best_of");
  if (request.suffix)
    throw unsupported("suffix", "the models of this server do not write into the middle of a text");
  assertTogether(request);
}
