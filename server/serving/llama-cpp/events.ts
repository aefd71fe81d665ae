import type { Slot } from "./slots.ts";

// llama.cpp notices a closed connection only by writing to it: asked to report its progress, it writes once a batch,
// and so stops reading a long prompt that nobody waits for.
export const isProgress = (data: string) => data.includes('"prompt_progress":');

/** The same events without the likeliest other tokens. */
export async function* withoutTop(events: AsyncIterable<string>): AsyncGenerator<string> {
  const isTop = (key: string) => key === "top_logprobs";
  for await (const data of events) {
    const hasTop = data.includes('"top_logprobs":');
    yield hasTop ? JSON.stringify(JSON.parse(data, (key, value) => (isTop(key) ? [] : value))) : data;
  }
}

const ANSWERED = /"completion_tokens":(\d+)/;
const CACHED = /"cached_tokens":\d+/;

/** The same events; the slot learns the answer's length, and what was read for this very request does not count as known. */
export async function* noted(
  events: AsyncIterable<string>,
  slot: Slot,
  known: number | null,
): AsyncGenerator<string> {
  for await (const data of events) {
    const [, answered] = ANSWERED.exec(data) ?? [];
    if (answered !== undefined) slot.answered(Number(answered));
    const isTold = answered === undefined || known === null;
    yield isTold ? data : data.replace(CACHED, `"cached_tokens":${known}`);
  }
}
