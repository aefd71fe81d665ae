/** One call after the other over one kept connection each, in blocks that alternate: directly, and through a gateway. */
import { Agent, request } from "node:http";
import type { z } from "zod";
import { type Address, LatencyJob, type LatencyResult, percentile, rounded, told } from "./load.ts";

const BLOCK = 20;

const job = told(LatencyJob);

function createCaller({ url, headers }: Address) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const times: number[] = [];
  const call = (): Promise<number> =>
    new Promise((resolve, reject) => {
      const started = performance.now();
      const sent = request(url, { method: "POST", agent, headers }, (response) => {
        response.resume();
        response.once("end", () => {
          if (response.statusCode === 200) resolve(performance.now() - started);
          else reject(new Error(`${url} answered ${response.statusCode}.`));
        });
      });
      sent.once("error", reject);
      sent.end(job.body);
    });
  return {
    times,
    async block(isKept: boolean): Promise<void> {
      for (let index = 0; index < BLOCK; index += 1) {
        const time = await call();
        if (isKept) times.push(time);
      }
    },
    close: () => agent.destroy(),
  };
}

function summary(times: readonly number[]) {
  const sorted = [...times].sort((a, b) => a - b);
  return { p50: rounded(percentile(sorted, 0.5), 3), p99: rounded(percentile(sorted, 0.99), 3) };
}

const direct = createCaller(job.direct);
const target = createCaller(job.target);
const until = performance.now() + job.seconds * 1000;
let isKept = false;
const isOver = () => target.times.length >= job.calls || performance.now() >= until;
// The first block opens the connections.
while (!isKept || target.times.length === 0 || !isOver()) {
  await direct.block(isKept);
  await target.block(isKept);
  isKept = true;
}
direct.close();
target.close();
const result: z.infer<typeof LatencyResult> = {
  calls: target.times.length,
  direct_ms: summary(direct.times),
  target_ms: summary(target.times),
};
console.log(JSON.stringify(result));
