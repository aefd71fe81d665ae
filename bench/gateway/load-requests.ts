/** Whole answers over so many connections at once, as many as come: autocannon, in this process of its own. */
import autocannon from "autocannon";
import type { z } from "zod";
import { LoadJob, type RequestsResult, rounded, told } from "./load.ts";
import { startMeter } from "./usage.ts";

const job = told(LoadJob);
const { url, headers } = job.target;
const options = {
  url,
  method: "POST",
  headers,
  body: job.body,
  connections: job.connections,
  timeout: 30,
} as const;

await autocannon({ ...options, duration: job.warmSeconds });
const coresUsed = startMeter(job.groups);
const found = await autocannon({ ...options, duration: job.seconds });
const result: z.infer<typeof RequestsResult> = {
  requests_per_second: rounded(found["2xx"] / found.duration, 1),
  p50_ms: found.latency.p50,
  p99_ms: found.latency.p99,
  failed: found.non2xx + found.errors + found.timeouts,
  cores: coresUsed(),
};
console.log(JSON.stringify(result));
