/** So many streams at once, each followed by the next as it ends: counts the chunks that come, in a process of its own. */
import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { z } from "zod";
import { countEvents, createEventCount } from "./events.ts";
import { LoadJob, rounded, type StreamsResult, told } from "./load.ts";
import { startMeter } from "./usage.ts";

/** How long streams under way at the end may take to end by themselves. */
const DRAIN_MS = 2000;

const job = told(LoadJob);
const agent = new Agent({ keepAlive: true, maxSockets: job.connections });
const seen = { chunks: 0, bytes: 0, ended: 0, failed: 0 };
let isOver = false;

/** Resolves when the stream has ended, well or not. */
function readStream(): Promise<void> {
  const count = createEventCount();
  return new Promise((resolve) => {
    const ended = (): void => {
      if (!isOver) seen[count.isDone ? "ended" : "failed"] += 1;
      resolve();
    };
    const call = request(
      job.target.url,
      { method: "POST", agent, headers: job.target.headers },
      (response) => {
        response.on("data", (bytes: Buffer) => {
          seen.chunks += countEvents(count, bytes);
          seen.bytes += bytes.length;
        });
        response.on("close", ended);
      },
    );
    call.on("error", ended);
    call.end(job.body);
  });
}

async function stream(): Promise<void> {
  while (!isOver) await readStream();
}

const streams = Array.from({ length: job.connections }, stream);
await sleep(job.warmSeconds * 1000);
const before = { ...seen };
const started = performance.now();
const coresUsed = startMeter(job.groups);
await sleep(job.seconds * 1000);
const seconds = (performance.now() - started) / 1000;
const result: z.infer<typeof StreamsResult> = {
  chunks_per_second: rounded((seen.chunks - before.chunks) / seconds, 0),
  mb_per_second: rounded((seen.bytes - before.bytes) / seconds / 1e6),
  streams_ended: seen.ended,
  failed: seen.failed,
  cores: coresUsed(),
};
isOver = true;
await Promise.race([Promise.all(streams), sleep(DRAIN_MS)]);
console.log(JSON.stringify(result));
process.exit(0);
