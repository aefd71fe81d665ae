import { z } from "zod";
import { newToolCallId } from "../../platform/ids.ts";
import { type AnswerDelta, createToolCallReader, type ToolCallReader } from "./tool-call-reader.ts";
import type { ToolFormat } from "./tool-format.ts";

const Choice = z.looseObject({
  delta: z.looseObject({ content: z.string().nullish() }),
  finish_reason: z.string().nullish(),
  logprobs: z.looseObject({ content: z.array(z.unknown()).nullish() }).nullish(),
});
const Chunk = z.looseObject({ choices: z.array(Choice) });
type Chunk = z.infer<typeof Chunk>;
type Choice = z.infer<typeof Choice>;

/** Log-probabilities go with the text that they are of; OpenAI tells none of a call's. */
function createLogprobs() {
  let waiting: unknown[] = [];
  return {
    keep: ({ logprobs }: Choice) => void waiting.push(...(logprobs?.content ?? [])),
    take(delta: AnswerDelta) {
      const content = waiting;
      waiting = [];
      return "content" in delta && content.length > 0 ? { content } : null;
    },
  };
}

/** The data of a streamed answer's events, with the calls in its text as `tool_calls`. One choice. */
export async function* toolCallEvents(
  events: AsyncIterable<string>,
  reader: ToolCallReader,
): AsyncGenerator<string> {
  const logprobs = createLogprobs();
  const write = (chunk: Chunk, choice: object) => JSON.stringify({ ...chunk, choices: [choice] });

  function* written(chunk: Chunk, choice: Choice, deltas: readonly AnswerDelta[]) {
    for (const delta of deltas)
      yield write(chunk, { ...choice, delta, finish_reason: null, logprobs: logprobs.take(delta) });
  }

  function* read(chunk: Chunk, choice: Choice): Generator<string> {
    const { content, ...delta } = choice.delta;
    logprobs.keep(choice);
    if (Object.keys(delta).length > 0)
      yield write(chunk, { ...choice, delta: { ...delta, content: null }, logprobs: null });
    if (content) yield* written(chunk, choice, reader.push(content));
    if (!choice.finish_reason) return;
    yield* written(chunk, choice, reader.end());
    const isCall = choice.finish_reason === "stop" && reader.hasCompleted();
    yield write(chunk, {
      ...choice,
      delta: {},
      finish_reason: isCall ? "tool_calls" : choice.finish_reason,
      logprobs: null,
    });
  }

  for await (const data of events) {
    const parsed = data.startsWith("{") ? Chunk.safeParse(JSON.parse(data)) : null;
    const [choice] = parsed?.success ? parsed.data.choices : [];
    if (parsed?.success && choice) yield* read(parsed.data, choice);
    else yield data;
  }
}

type Calls = { readonly toolFormat: ToolFormat | null; readonly mustCall: boolean; readonly isHeld: boolean };

/** The same events with the calls read from the text, where that is how they are written. */
export function readCalls({ toolFormat: format, mustCall, isHeld }: Calls) {
  const reader = format && createToolCallReader({ format, newId: newToolCallId, isHeld, mustCall });
  return (events: AsyncGenerator<string>) => (reader ? toolCallEvents(events, reader) : events);
}
