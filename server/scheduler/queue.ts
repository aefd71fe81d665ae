import type { JobError } from "../../contract/fine-tuning.ts";
import { message } from "../fine-tuning/job.ts";
import type { JobRow, JobStore } from "../fine-tuning/job-store.ts";
import type { QueueStore } from "../fine-tuning/queue-store.ts";
import type { Clock } from "../platform/clock.ts";
import type { Memory } from "../platform/memory.ts";
import { type Head, inTurn } from "./fair-turns.ts";
import { type AtWork, admit, growthOf, type Room, roomFor } from "./memory-rule.ts";
import type { RunningJob } from "./run-job.ts";

/** Bytes of the machine's memory that a job's training needs at its peak; null: unknown. */
export type EstimateMemory = (job: JobRow) => Promise<number | null>;

type Needs = {
  store: JobStore;
  queue: QueueStore;
  now: Clock;
  /** Trainings at the same time, in all and of one project. */
  limit: number;
  projectLimit: number;
  /** null: trainings start whatever memory there is. */
  memory: {
    read: () => Memory;
    heldBy: (pid: number) => Promise<number | null>;
    estimate: EstimateMemory;
  } | null;
};

/** `null`: nothing may start now. `looksAgain`: something outside the queue decides when. */
export type Next = { readonly job: JobRow | null; readonly looksAgain: boolean };

const nothing: Next = { job: null, looksAgain: false };

const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;

const neverFits = (base: string, need: number, total: number): JobError => ({
  code: "insufficient_memory",
  message: `Training on ${base} needs about ${gigabytes(need)} of memory and this machine has ${gigabytes(total)}. Use a smaller base or a machine with more memory; PERENNIAL_MEMORY_CHECK=off starts it all the same.`,
  param: "model",
});

const waits = (need: number, free: number) =>
  message(
    `The job waits for memory: it needs about ${gigabytes(need)}, and ${gigabytes(Math.max(0, free))} can be had now`,
  );

const begins = ({ last_step }: JobRow) => [
  message(last_step === 0 ? "Fine-tuning job started" : `Fine-tuning job goes on after step ${last_step}`),
];

/** Who is next: projects take turns, each in the order of its own jobs, as memory allows. */
export function createQueue({ store, queue, now, limit, projectLimit, memory }: Needs) {
  const lastTurns = new Map<string, number>();
  const toldToWait = new Set<string>();
  let turn = 0;

  async function atWork(running: readonly RunningJob[]): Promise<AtWork[]> {
    if (!memory) return [];
    const held = async (pid: number | null) => (pid === null ? 0 : ((await memory.heldBy(pid)) ?? 0));
    return Promise.all(
      running.map(async ({ job, pid }) => {
        const [estimate, bytes] = await Promise.all([memory.estimate(job), held(pid())]);
        return { estimate, held: bytes };
      }),
    );
  }

  async function tellOnce(job: JobRow, need: number, free: number): Promise<void> {
    if (toldToWait.has(job.id)) return;
    toldToWait.add(job.id);
    await store.addEvents(job.id, [waits(need, free)], now());
  }

  async function fail(job: JobRow, need: number, total: number): Promise<void> {
    const error = neverFits(job.base_model, need, total);
    const patch = { error: JSON.stringify(error), finished_at: now() };
    await store.moveJob(job.id, "failed", patch, [message(error.message, "error")], now());
  }

  async function start(job: JobRow): Promise<JobRow | null> {
    const claimed = await queue.claimJob(job.id, begins, now());
    if (!claimed) return null;
    toldToWait.delete(job.id);
    lastTurns.set(job.project_id, ++turn);
    return claimed;
  }

  async function headsInTurn(running: readonly RunningJob[]): Promise<Head[]> {
    const count = new Map<string, number>();
    for (const { job } of running) count.set(job.project_id, (count.get(job.project_id) ?? 0) + 1);
    return inTurn(await queue.listHeads(), { lastTurns, running: count, projectLimit });
  }

  /** What becomes of a job whose turn it is; "gone": it is not in the queue any more. */
  async function consider(job: JobRow, room: Room | null, trainings: number) {
    const need = memory ? await memory.estimate(job) : null;
    const admission = room ? admit(need, room, trainings) : "start";
    if (admission === "start") return (await start(job)) ?? "gone";
    if (admission === "never") {
      await fail(job, need ?? 0, room?.total ?? 0);
      return "gone";
    }
    await tellOnce(job, need ?? 0, room?.now ?? 0);
    return admission;
  }

  /** Moves the next job to `running`, and on the way those that can never run to `failed`. */
  async function takeNext(running: readonly RunningJob[]): Promise<Next> {
    if (running.length >= limit) return nothing;
    const room = memory && roomFor(memory.read(), await atWork(running));
    let looksAgain = false;
    for (const { seq } of await headsInTurn(running)) {
      const job = await queue.findBySeq(seq);
      // A trainer that was paused may not have gone yet.
      if (!job || running.some(({ job: { id } }) => id === job.id)) continue;
      const outcome = await consider(job, room, running.length);
      if (outcome === "gone") return takeNext(running);
      if (outcome === "hold") break;
      if (outcome !== "later") return { job: outcome, looksAgain: false };
      looksAgain = true;
    }
    return { job: null, looksAgain };
  }

  /** Bytes that these have yet to grow to. */
  const promisedBytes = async (running: readonly RunningJob[]) => growthOf(await atWork(running));

  return { takeNext, promisedBytes };
}
export type Queue = ReturnType<typeof createQueue>;
