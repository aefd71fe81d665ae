/** What does a request through Perennial cost, beside Portkey's gateway, LiteLLM's proxy and a bare Hono proxy? */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { stopSignal } from "../scripts/demo/process.ts";
import { checkTarget, createMeasure, Kind, type Plan, type Round, type Running } from "./gateway/measure.ts";
import { ratios, summarize, tell } from "./gateway/report.ts";
import {
  headersFor,
  LITELLM_WORKERS,
  startUpstream,
  type Target,
  type TargetName,
  targets,
} from "./gateway/targets.ts";
import { keepResults } from "./machine.ts";

const { values } = parseArgs({
  options: {
    /** Some of hono, perennial, portkey, litellm; the upstream itself is always measured. */
    target: { type: "string", multiple: true },
    /** Some of requests, streams, latency. */
    only: { type: "string", multiple: true },
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "5" },
    write: { type: "boolean", default: false },
  },
});
const plan: Plan = {
  rounds: Number(values.rounds),
  seconds: Number(values.seconds),
  kinds: z.array(Kind).parse(values.only ?? Kind.options),
};
const PEERS: readonly string[] = ["portkey", "litellm"];
const PATH = "/v1/chat/completions";

const chosen: readonly (readonly [string, Target])[] = Object.entries<Target>(targets).filter(
  ([name]) => !values.target || values.target.includes(name),
);

/** Installs, then starts all of them: one that nobody asks takes no time from the others. */
async function startAll(stack: AsyncDisposableStack, signal: AbortSignal): Promise<Map<string, Running>> {
  for (const [, { install }] of chosen) await install?.(signal);
  const folder = mkdtempSync(join(tmpdir(), "perennial-bench-"));
  stack.defer(() => rmSync(folder, { recursive: true, force: true }));
  const upstream = stack.use(await startUpstream(signal));
  const headers = { "content-type": "application/json" };
  const direct = {
    title: "the upstream itself",
    address: { url: `${upstream.url}${PATH}`, headers },
    group: upstream.group,
  };
  const running = new Map<string, Running>([["direct", direct]]);
  for (const [name, target] of chosen) {
    console.log(`Starting ${target.title} …`);
    const { url, group } = stack.use(await target.start({ upstream: upstream.url, folder, signal }));
    const address = { url: `${url}${PATH}`, headers: headersFor(target, upstream.url) };
    running.set(name, { title: target.title, address, group });
  }
  for (const each of running.values()) await checkTarget(each);
  return running;
}

/** Every other round the other way around, so that a machine that slows down or speeds up favours none. */
async function measureAll(running: Map<string, Running>, direct: Running, signal: AbortSignal) {
  const measure = createMeasure(direct, plan, signal);
  const rounds = new Map<string, Round[]>();
  for (let round = 0; round < plan.rounds; round += 1) {
    const order = round % 2 === 0 ? [...running] : [...running].reverse();
    for (const [name, target] of order) {
      console.log(`Round ${round + 1} of ${plan.rounds}: ${target.title}`);
      rounds.set(name, [...(rounds.get(name) ?? []), await measure(target)]);
    }
  }
  return [...running].map(([name, { title }]) => ({ name, ...summarize(title, rounds.get(name) ?? []) }));
}

async function main(signal: AbortSignal): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const running = await startAll(stack, signal);
  const direct = running.get("direct");
  if (!direct) throw new Error("The upstream is not measured.");
  const summaries = await measureAll(running, direct, signal);
  const found = ratios(
    summaries.find(({ name }) => name === ("perennial" satisfies TargetName)),
    summaries.filter(({ name }) => PEERS.includes(name)),
  );
  tell(summaries, found);
  const report = { plan, litellm_workers: LITELLM_WORKERS, times_the_better_peer: found, results: summaries };
  if (values.write) keepResults("gateway", report);
}

using stop = stopSignal();
await main(stop.signal).catch((error: unknown) => {
  console.error(error instanceof Error ? [error.message, ...causesOf(error)].join(": ") : error);
  process.exitCode = 1;
});

function causesOf(error: Error): string[] {
  return error.cause instanceof Error ? [error.cause.message, ...causesOf(error.cause)] : [];
}
