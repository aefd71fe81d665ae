import type { z } from "zod";
import { ANSWER, CHUNKS, REQUEST, STREAM_REQUEST } from "./answer.ts";
import { countEvents, createEventCount } from "./events.ts";
import { type Address, LatencyResult, type LoadJob, RequestsResult, runLoad, StreamsResult } from "./load.ts";
import { residentMb } from "./usage.ts";

/** A target that runs. */
export type Running = { readonly title: string; readonly address: Address; readonly group: number };

export type Plan = { readonly seconds: number; readonly rounds: number };

export type Round = {
  readonly requests: z.infer<typeof RequestsResult>;
  readonly streams: z.infer<typeof StreamsResult>;
  /** null for the upstream itself. */
  readonly latency: z.infer<typeof LatencyResult> | null;
  readonly residentMb: number | null;
};

export const CONNECTIONS = 64;
const LATENCY_CALLS = 2000;

async function post({ url, headers }: Address, body: object): Promise<Buffer> {
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  const bytes = Buffer.from(await answer.arrayBuffer());
  if (!answer.ok) throw new Error(`it answers ${answer.status}: ${bytes.toString().slice(0, 500)}`);
  return bytes;
}

/** That the upstream's whole answer and every chunk come through, before anything is measured. */
async function checkAnswers(address: Address): Promise<void> {
  const whole = (await post(address, REQUEST)).toString();
  const { choices, usage } = JSON.parse(whole);
  if (choices?.[0]?.message?.content !== ANSWER || usage?.total_tokens !== 146)
    throw new Error(`it answers something else: ${whole.slice(0, 500)}`);
  const count = createEventCount();
  const events = countEvents(count, await post(address, STREAM_REQUEST));
  if (events < CHUNKS || !count.isDone) throw new Error(`its stream has ${events} events`);
}

export async function checkTarget({ title, address }: Running): Promise<void> {
  try {
    await checkAnswers(address);
  } catch (error) {
    throw new Error(`${title} does not pass the upstream's answers on`, { cause: error });
  }
}

export function createMeasure(direct: Running, plan: Plan, signal: AbortSignal) {
  const jobFor = ({ address, group }: Running, body: object, target: Running): LoadJob => ({
    target: address,
    body: JSON.stringify(body),
    connections: CONNECTIONS,
    warmSeconds: 1,
    seconds: plan.seconds,
    groups: target === direct ? { upstream: group } : { gateway: group, upstream: direct.group },
  });
  return async (target: Running): Promise<Round> => {
    const requests = await runLoad(
      "load-requests.ts",
      jobFor(target, REQUEST, target),
      RequestsResult,
      signal,
    );
    const streams = await runLoad(
      "load-streams.ts",
      jobFor(target, STREAM_REQUEST, target),
      StreamsResult,
      signal,
    );
    const alternating = {
      direct: direct.address,
      target: target.address,
      body: JSON.stringify(REQUEST),
      calls: LATENCY_CALLS,
      seconds: plan.seconds,
    };
    const latency =
      target === direct ? null : await runLoad("load-latency.ts", alternating, LatencyResult, signal);
    return { requests, streams, latency, residentMb: residentMb(target.group) };
  };
}
