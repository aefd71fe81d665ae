import type { FineTuningJob, JobEvent, ShownStatus } from "../../contract/fine-tuning.ts";

export type JobSource = {
  get(id: string): Promise<FineTuningJob>;
  /** What happened after the event `known` (null: ever), oldest first. */
  eventsSince(id: string, known: string | null): Promise<JobEvent[]>;
};

export type JobNews = { readonly job: FineTuningJob; readonly events: readonly JobEvent[] };

type Options = {
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
  /** True for a failure that may pass, such as a server that starts again. */
  readonly mayPass?: (error: unknown) => boolean;
  /** Told once for each time that the server is away. */
  readonly onLost?: (error: unknown) => void;
};

const POLL_MS = 1000;
const PATIENCE = 120;

export const hasEnded = (status: ShownStatus): boolean =>
  ["succeeded", "failed", "cancelled"].includes(status);

/** A job's state and its new events, once a second until it has ended. */
export async function* followJob(source: JobSource, id: string, options: Options): AsyncGenerator<JobNews> {
  const { sleep, signal, mayPass = () => false, onLost = () => {} } = options;
  let known: string | null = null;
  let failures = 0;

  async function read(): Promise<JobNews | null> {
    try {
      // In this order: an ended job's last events are there once it says that it has ended.
      const job = await source.get(id);
      const events = await source.eventsSince(id, known);
      failures = 0;
      return { job, events };
    } catch (error) {
      const isFirst = known === null;
      failures += 1;
      if (isFirst || !mayPass(error) || failures > PATIENCE) throw error;
      if (failures === 1) onLost(error);
      return null;
    }
  }

  while (!signal.aborted) {
    const news = await read();
    if (news) {
      known = news.events.at(-1)?.id ?? known;
      yield news;
      if (hasEnded(news.job.status)) return;
    }
    await sleep(POLL_MS, signal);
  }
}
