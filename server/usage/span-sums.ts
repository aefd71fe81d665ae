import type { EndedCall } from "./call.ts";
import { type Span, spanOf } from "./request-store.ts";

function addTo(sum: Span, { tokens }: EndedCall): void {
  sum.requests += 1;
  sum.input_tokens += tokens.input;
  sum.output_tokens += tokens.output;
  sum.cached_tokens += tokens.cached;
}

/** Sums of stretches of so many seconds, until they are taken to be written. */
export function createSpanSums(seconds: number) {
  let sums = new Map<string, Span>();
  return {
    add(call: EndedCall, at: number): void {
      const start = at - (at % seconds);
      const key = `${start} ${call.projectId} ${call.keyId} ${call.answering?.model}`;
      const sum = sums.get(key);
      if (sum) addTo(sum, call);
      else sums.set(key, spanOf(call, start));
    },
    take(): Span[] {
      const taken = [...sums.values()];
      sums = new Map();
      return taken;
    },
  };
}
