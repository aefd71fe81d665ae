type Limits = {
  readonly entries: number;
  /** For changes by others than those that call `clear`. */
  readonly ageMs: number;
  readonly nowMs?: () => number;
};

type Kept<Value> = { readonly value: Value; readonly untilMs: number };

/** Remembers what was found, until `clear` says that it may have changed; what was not found is looked for again. */
export function createMemo<Value>({ entries, ageMs, nowMs = () => performance.now() }: Limits) {
  const kept = new Map<string, Kept<Value>>();
  let changes = 0;

  async function find(key: string, look: () => Promise<Value | undefined>): Promise<Value | undefined> {
    const before = changes;
    const value = await look();
    // What was read before a change is no news after it.
    if (value === undefined || before !== changes) return value;
    if (kept.size >= entries) kept.clear();
    kept.set(key, { value, untilMs: nowMs() + ageMs });
    return value;
  }

  return {
    /** Finds it by `look` where it is not remembered. */
    async get(key: string, look: () => Promise<Value | undefined>): Promise<Value | undefined> {
      const one = kept.get(key);
      return one && nowMs() < one.untilMs ? one.value : await find(key, look);
    },
    clear(): void {
      changes += 1;
      kept.clear();
    },
  };
}
