import type { Slot } from "./slots.ts";

export type Tokens = readonly number[];

/** Reads the beginning of a prompt, this share of it, into the slot; tells how many of its tokens were there already. */
export type ReadPortion = (beginning: Tokens, share: number) => Promise<{ readonly known: number }>;

type Asked = {
  readonly slot: Pick<Slot, "known" | "words">;
  readonly contextLength: () => Promise<number>;
  /** The prompt's tokens; not asked for those of short ones. */
  readonly tokens: () => Promise<Tokens>;
  readonly read: ReadPortion;
};

/** As long as a portion may keep others waiting. */
const PORTION_MS = 500;

/** Tokens of a portion; fewer would cost more for their number than they spare others. */
const LEAST = 256;
const MOST = 8_192;

/** Of letters, of which a token has some four: what is not longer is no two portions. */
const SHORT = 4 * 2 * LEAST;

/** Of a token, on average: more cannot fit, and counting it would take seconds. */
const MOST_LETTERS = 32;

/** More than the estimate of what the slot holds may be wrong by: too early an end would throw away what comes after it. */
const SLACK = 64;

const estimated = ({ share, answered }: Slot["known"], tokens: Tokens): number =>
  share === 0 ? 0 : Math.ceil(share * tokens.length) + answered + SLACK;

/**
 * llama.cpp reads the prompt of its first slot to the end before it begins with that of the next one: a short question
 * waited for all of somebody's long text. So a long prompt is read in portions, each a request of its own that goes on
 * where the last one ended; between them llama.cpp begins with whatever else has come.
 */
export function createPortions(nowMs: () => number = () => performance.now()) {
  let size = LEAST;

  function measure(read: number, ms: number): void {
    if (read > 0) size = Math.min(MOST, Math.max(LEAST, Math.floor((read * PORTION_MS) / Math.max(1, ms))));
  }

  async function readAll(
    { slot, read }: Pick<Asked, "slot" | "read">,
    tokens: Tokens,
  ): Promise<number | null> {
    let first: number | null = null;
    for (let done = estimated(slot.known, tokens); tokens.length - done > 2 * size; ) {
      const end = done + size;
      const beganAt = nowMs();
      const { known } = await read(tokens.slice(0, end), end / tokens.length);
      measure(end - known, nowMs() - beganAt);
      // Some models cannot go on in the middle: each portion would read all of the ones before it.
      if (first !== null && known < done / 2) return first;
      first ??= known;
      done = end;
    }
    return first;
  }

  return {
    /** All but the end of a long prompt. Resolves with how much of it the slot held before; null: nothing was read. */
    async read({ slot, contextLength, tokens, read }: Asked): Promise<number | null> {
      const { length } = slot.words;
      if (length * (1 - slot.known.share) <= SHORT) return null;
      const room = await contextLength();
      if (length > room * MOST_LETTERS) return null;
      const all = await tokens();
      return all.length < room ? await readAll({ slot, read }, all) : null;
    },
  };
}
export type Portions = ReturnType<typeof createPortions>;
