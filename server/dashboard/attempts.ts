import { Refusal } from "../../contract/errors.ts";

const WINDOW_MS = 60_000;
/** Wrong keys or links a minute, from one address and from all. */
const MOST_OF_ONE = 10;
const MOST_OF_ALL = 100;

/** Counts attempts to sign in that failed: a key that a person chose could be guessed otherwise. */
export function createAttempts(nowMs: () => number = () => performance.now()) {
  const failures = new Map<string, number>();
  let all = 0;
  let endsAt = 0;

  function assertFew(address: string): void {
    const now = nowMs();
    if (now >= endsAt) {
      failures.clear();
      all = 0;
      endsAt = now + WINDOW_MS;
    }
    if (all < MOST_OF_ALL && (failures.get(address) ?? 0) < MOST_OF_ONE) return;
    const seconds = Math.ceil((endsAt - now) / 1000);
    const text = `Too many attempts to sign in failed. Try again in ${seconds} seconds.`;
    throw new Refusal("too_many_attempts", text, null, seconds);
  }

  return {
    /** Does it, unless too many have failed. */
    async guard<T>(address: string, signIn: () => Promise<T>): Promise<T> {
      assertFew(address);
      // Counted before it is known: many at once must not all slip through.
      failures.set(address, (failures.get(address) ?? 0) + 1);
      all += 1;
      const done = await signIn();
      failures.set(address, (failures.get(address) ?? 1) - 1);
      all = Math.max(0, all - 1);
      return done;
    },
  };
}
export type Attempts = ReturnType<typeof createAttempts>;
