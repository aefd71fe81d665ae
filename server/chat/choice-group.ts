/** The requests for one answer's choices: the first that fails ends the others, since nobody will read them. */
export type ChoiceGroup = {
  /** Ends every request of the group. */
  readonly signal: AbortSignal;
  /** The same items; a failure ends the group before it is passed on. */
  guard<Item>(items: AsyncGenerator<Item>): AsyncGenerator<Item>;
};

/** `size`: how many there are; a single one has no others to end. */
export function createChoiceGroup(caller: AbortSignal, size: number): ChoiceGroup {
  if (size === 1) return { signal: caller, guard: (items) => items };
  const failed = new AbortController();

  async function* guard<Item>(items: AsyncGenerator<Item>): AsyncGenerator<Item> {
    try {
      yield* items;
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  }

  return { signal: AbortSignal.any([caller, failed.signal]), guard };
}
