import type { ChangeEvent, ChangeTopic } from "../../contract/dashboard.ts";

/** More jobs than a page would look at one by one. */
const MOST_JOBS = 200;

export type Change = { readonly topics: readonly ChangeTopic[]; readonly jobs: readonly string[] };

/** What has changed and was not told yet, as sets: a reader that is slow is told less often, not later and later. */
export function createSubscription() {
  const topics = new Set<ChangeTopic>();
  const jobs = new Set<string>();
  let wake = () => {};
  let hasEnded = false;

  function add(change: Change): void {
    for (const topic of change.topics) topics.add(topic);
    for (const job of change.jobs) if (jobs.size <= MOST_JOBS) jobs.add(job);
    wake();
  }

  function end(): void {
    hasEnded = true;
    wake();
  }

  function take(): ChangeEvent | null {
    if (topics.size === 0) return null;
    const named = jobs.size > MOST_JOBS ? null : [...jobs];
    const event: ChangeEvent = { type: "changed", topics: [...topics], jobs: named };
    topics.clear();
    jobs.clear();
    return event;
  }

  /** The next change; "quiet" where none has come for so long, "ended" where none will. */
  async function next(quietMs: number): Promise<ChangeEvent | "quiet" | "ended"> {
    if (!hasEnded && topics.size === 0) await waitAtMost(quietMs);
    if (hasEnded) return "ended";
    return take() ?? "quiet";
  }

  function waitAtMost(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    wake = resolve;
    return promise.finally(() => {
      clearTimeout(timer);
      wake = () => {};
    });
  }

  return { add, end, next };
}
export type Subscription = ReturnType<typeof createSubscription>;
