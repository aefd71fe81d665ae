import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { z } from "zod";

/** Where requests go, and with which headers. */
export const Address = z.object({ url: z.string(), headers: z.record(z.string(), z.string()) });
export type Address = z.infer<typeof Address>;

/** What a load program is told: as the JSON of its one argument. */
export const LoadJob = z.object({
  target: Address,
  body: z.string(),
  connections: z.number(),
  warmSeconds: z.number(),
  seconds: z.number(),
  /** Process groups whose work is measured along. */
  groups: z.record(z.string(), z.number()),
});
export type LoadJob = z.infer<typeof LoadJob>;

export const LatencyJob = z.object({
  direct: Address,
  target: Address,
  body: z.string(),
  /** Calls of each, unless the time is over before. */
  calls: z.number(),
  seconds: z.number(),
});
export type LatencyJob = z.infer<typeof LatencyJob>;

const Cores = z.record(z.string(), z.number());

export const RequestsResult = z.object({
  requests_per_second: z.number(),
  p50_ms: z.number(),
  p99_ms: z.number(),
  failed: z.number(),
  cores: Cores,
});
export const StreamsResult = z.object({
  chunks_per_second: z.number(),
  mb_per_second: z.number(),
  streams_ended: z.number(),
  failed: z.number(),
  cores: Cores,
});
export const LatencyResult = z.object({
  calls: z.number(),
  direct_ms: z.object({ p50: z.number(), p99: z.number() }),
  target_ms: z.object({ p50: z.number(), p99: z.number() }),
});

/** What a load program was told. */
export const told = <Job>(schema: z.ZodType<Job>): Job => schema.parse(JSON.parse(process.argv[2] ?? ""));

/** Runs one load in a process of its own, which says its result as JSON at the end. */
export async function runLoad<Result>(
  program: string,
  job: LoadJob | LatencyJob,
  schema: z.ZodType<Result>,
  signal: AbortSignal,
): Promise<Result> {
  const child = spawn(process.execPath, [join(import.meta.dirname, program), JSON.stringify(job)], {
    stdio: ["ignore", "pipe", "inherit"],
    signal,
  });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, "close")]);
  if (code !== 0) throw new Error(`The load ${program} ended with ${code}.`);
  return schema.parse(JSON.parse(output));
}

/** Hundredths are kept. */
export const rounded = (value: number, digits = 2): number => Number(value.toFixed(digits));

/** Of sorted values. */
export const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;

export const median = (values: readonly number[]): number =>
  percentile(
    [...values].sort((a, b) => a - b),
    0.5,
  );
