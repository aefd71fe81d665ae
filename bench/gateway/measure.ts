import { z } from "zod";
import { ANSWER, CHUNKS, REQUEST, STREAM_REQUEST } from "./answer.ts";
import { countEvents, createEventCount } from "./events.ts";
import {
  type Address,
  type LatencyJob,
  LatencyResult,
  type LoadJob,
  RequestsResult,
  runLoad,
  StreamsResult,
} from "./load.ts";
import { residentMb } from "./usage.ts";

/** A target that runs. */
export type Running = { readonly title: string; readonly address: Address; readonly group: number };

export const Kind = z.enum(["requests", "streams", "latency"]);
export type Kind = z.infer<typeof Kind>;

export type Plan = { readonly seconds: number; readonly rounds: number; readonly kinds: readonly Kind[] };

/** What was measured of one target in one round; null: not asked for, or the upstream's own added latency. */
export type Round = {
  readonly requests: z.infer<typeof RequestsResult> | null;
  readonly streams: z.infer<typeof StreamsResult> | null;
  readonly latency: z.infer<typeof LatencyResult> | null;
  readonly residentMb: number | null;
};

export const CONNECTIONS = 64;
const LATENCY_CALLS = 2000;
/** Node compiles what runs often, in threads of its own, whose time counts as the gateway's. */
const WARM_SECONDS = 5;

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
  const jobFor = (target: Running, body: object): LoadJob => ({
    target: target.address,
    body: JSON.stringify(body),
    connections: CONNECTIONS,
    warmSeconds: WARM_SECONDS,
    seconds: plan.seconds,
    groups:
      target === direct ? { upstream: target.group } : { gateway: target.group, upstream: direct.group },
  });
  const latencyJobFor = (target: Running): LatencyJob => ({
    direct: direct.address,
    target: target.address,
    body: JSON.stringify(REQUEST),
    calls: LATENCY_CALLS,
    seconds: plan.seconds,
  });
  const ask = <Result>(kind: Kind, job: LoadJob | LatencyJob, schema: z.ZodType<Result>) =>
    plan.kinds.includes(kind) ? runLoad(`load-${kind}.ts`, job, schema, signal) : null;
  return async (target: Running): Promise<Round> => ({
    requests: await ask("requests", jobFor(target, REQUEST), RequestsResult),
    streams: await ask("streams", jobFor(target, STREAM_REQUEST), StreamsResult),
    latency: target === direct ? null : await ask("latency", latencyJobFor(target), LatencyResult),
    residentMb: residentMb(target.group),
  });
}
