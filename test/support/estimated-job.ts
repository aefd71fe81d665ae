import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Client, createClient } from "../../client/client.ts";
import type { JobEstimate } from "../../contract/estimates.ts";
import type { CreateJob, FineTuningJob } from "../../contract/fine-tuning.ts";
import { JournalEvent } from "../../contract/training.ts";
import { PROJECT_KEY, type Server } from "./server.ts";

/** What was said of a job before, and what it then took. */
export type Comparison = {
  readonly estimate: JobEstimate;
  /** The whole estimate, the request included. */
  readonly estimatingSeconds: number;
  readonly jobSeconds: number;
  /** From the start of the trainer to its end. */
  readonly trainerSeconds: number;
  readonly loopSeconds: number;
  readonly peakBytes: number;
  readonly trainedTokens: number | null;
};

const POLL_MS = 200;
const MOST_MS = 30 * 60_000;

function journalOf(server: Server, id: string): JournalEvent[] {
  const lines = readFileSync(join(server.folder, "jobs", id, "journal.jsonl"), "utf8")
    .trim()
    .split("\n");
  return lines.map((line) => JournalEvent.parse(JSON.parse(line)));
}

export async function untilEnded(client: Client, id: string): Promise<FineTuningJob> {
  const end = performance.now() + MOST_MS;
  while (performance.now() < end) {
    const job = await client.jobs.get(id);
    if (job.status === "succeeded") return job;
    if (job.status === "failed") throw new Error(`The job failed: ${job.error?.message}`);
    await new Promise((wait) => setTimeout(wait, POLL_MS));
  }
  throw new Error(`Job ${id} did not end.`);
}

export const clientOf = (server: Server): Client =>
  createClient({ baseUrl: server.url, apiKey: PROJECT_KEY });

export const uploadRows = async (client: Client, rows: string, name = "train.jsonl"): Promise<string> =>
  (await client.files.upload({ name, bytes: new Blob([rows]), purpose: "fine-tune" })).id;

/** Estimates a job, then runs it. */
export async function compare(server: Server, request: CreateJob): Promise<Comparison> {
  const client = clientOf(server);
  const asked = performance.now();
  const estimate = await client.jobs.estimate(request);
  const created = performance.now();
  const { id } = await client.jobs.create(request);
  const job = await untilEnded(client, id);
  const jobSeconds = (performance.now() - created) / 1000;
  const events = journalOf(server, id);
  const finished = events.find((event) => event.type === "finished");
  const [first] = events;
  if (!first || finished?.type !== "finished") throw new Error("The journal has no end.");
  return {
    estimate,
    estimatingSeconds: (created - asked) / 1000,
    jobSeconds,
    trainerSeconds: finished.time - first.time,
    loopSeconds: finished.train_seconds,
    peakBytes: finished.peak_memory_bytes,
    trainedTokens: job.trained_tokens,
  };
}
