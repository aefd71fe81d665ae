/** What has failed, how often in a row, and when it may be tried again. */
export type Failure = { readonly count: number; readonly notBeforeMs: number };

const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 60_000;

/** One failure more: twice as long a pause as after the one before; none after the first `free` ones. */
export function failAgain(previous: Failure | undefined, nowMs: number, free = 0): Failure {
  const count = (previous?.count ?? 0) + 1;
  const delayMs = count <= free ? 0 : Math.min(FIRST_DELAY_MS * 2 ** (count - free - 1), LONGEST_DELAY_MS);
  return { count, notBeforeMs: nowMs + delayMs };
}

export const waitMs = (failure: Failure | undefined, nowMs: number): number =>
  Math.max(0, (failure?.notBeforeMs ?? 0) - nowMs);
