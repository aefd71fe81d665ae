import { median, rounded } from "./load.ts";
import type { Round } from "./measure.ts";

type Cores = Readonly<Record<string, number>>;

const medianCores = (rounds: readonly Cores[]): Cores =>
  Object.fromEntries(
    Object.keys(rounds[0] ?? {}).map((name) => [name, median(rounds.map((cores) => cores[name] ?? 0))]),
  );

/** Of one core that the target itself is at work on: holds where others take a part of the machine. */
function perCore(rate: number, cores: Cores): number {
  const own = cores.gateway ?? cores.upstream ?? 0;
  return own > 0 ? Math.round(rate / own) : 0;
}

const picker =
  <Result>(rounds: readonly Result[]) =>
  (pick: (round: Result) => number) =>
    median(rounds.map(pick));

function summarizeRequests(rounds: readonly NonNullable<Round["requests"]>[]) {
  const of = picker(rounds);
  return {
    per_second: of((round) => round.requests_per_second),
    per_second_and_core: of((round) => perCore(round.requests_per_second, round.cores)),
    each_round: rounds.map((round) => round.requests_per_second),
    p50_ms: of((round) => round.p50_ms),
    p99_ms: of((round) => round.p99_ms),
    failed: rounds.reduce((sum, round) => sum + round.failed, 0),
    cores: medianCores(rounds.map((round) => round.cores)),
  };
}

function summarizeStreams(rounds: readonly NonNullable<Round["streams"]>[]) {
  const of = picker(rounds);
  return {
    chunks_per_second: of((round) => round.chunks_per_second),
    chunks_per_second_and_core: of((round) => perCore(round.chunks_per_second, round.cores)),
    each_round: rounds.map((round) => round.chunks_per_second),
    mb_per_second: of((round) => round.mb_per_second),
    failed: rounds.reduce((sum, round) => sum + round.failed, 0),
    cores: medianCores(rounds.map((round) => round.cores)),
  };
}

/** A difference is taken within a round. */
function summarizeLatency(rounds: readonly NonNullable<Round["latency"]>[]) {
  const added = (which: "p50" | "p99") =>
    rounded(
      picker(rounds)(({ target_ms, direct_ms }) => target_ms[which] - direct_ms[which]),
      3,
    );
  return { added_p50_ms: added("p50"), added_p99_ms: added("p99"), each_round: rounds };
}

const whereAny = <Result, Summary>(
  results: readonly (Result | null)[],
  summarizeAll: (some: readonly Result[]) => Summary,
): Summary | null => {
  const some = results.flatMap((result) => (result === null ? [] : [result]));
  return some.length > 0 ? summarizeAll(some) : null;
};

/** Medians of the rounds; null where nothing was measured. */
export const summarize = (title: string, rounds: readonly Round[]) => ({
  title,
  requests: whereAny(
    rounds.map((round) => round.requests),
    summarizeRequests,
  ),
  streams: whereAny(
    rounds.map((round) => round.streams),
    summarizeStreams,
  ),
  latency: whereAny(
    rounds.map((round) => round.latency),
    summarizeLatency,
  ),
  resident_mb: rounds.at(-1)?.residentMb ?? null,
});
export type Summary = ReturnType<typeof summarize>;

const timesBest = (ours: number, peers: readonly number[]): number | null =>
  peers.length > 0 ? rounded(ours / Math.max(...peers), 1) : null;

/** How many times the better of the peers; null without both sides. */
export function ratios(ours: Summary | undefined, peers: readonly Summary[]) {
  const perSecond = peers.flatMap(({ requests }) => (requests ? [requests.per_second] : []));
  const chunks = peers.flatMap(({ streams }) => (streams ? [streams.chunks_per_second] : []));
  return {
    requests: ours?.requests ? timesBest(ours.requests.per_second, perSecond) : null,
    chunks: ours?.streams ? timesBest(ours.streams.chunks_per_second, chunks) : null,
  };
}

const spoken = (cores: Cores | undefined): string =>
  Object.entries(cores ?? {})
    .map(([name, share]) => `${name} ${share}`)
    .join(", ");

const thousands = (value: number | undefined): string =>
  value === undefined ? "–" : Math.round(value).toLocaleString("en-US");

/** Rows of the README's table. */
const row = ({ title, requests, streams, latency, resident_mb }: Summary): string =>
  `| ${[
    title,
    latency ? `${latency.added_p50_ms} / ${latency.added_p99_ms}` : "–",
    thousands(requests?.per_second),
    requests ? `${requests.p50_ms} / ${requests.p99_ms}` : "–",
    thousands(requests?.per_second_and_core),
    thousands(streams?.chunks_per_second),
    thousands(streams?.chunks_per_second_and_core),
    resident_mb ?? "–",
  ].join(" | ")} |`;

/** Cores that other work may take before rates mean less. */
const QUIET = 0.2;

const head = `
| 64 at once | added ms, p50 / p99 | requests/s | ms, p50 / p99 | a core | chunks/s | a core | MB |
|---|---|---|---|---|---|---|---|`;

export function tell(summaries: readonly Summary[], found: ReturnType<typeof ratios>): void {
  console.log(head);
  for (const summary of summaries) console.log(row(summary));
  console.log("\nCores at work, of whole answers; of streams:");
  for (const { title, requests, streams } of summaries) {
    console.log(`  ${title}: ${spoken(requests?.cores)}; ${spoken(streams?.cores)}`);
    if ((requests?.cores.others ?? 0) > QUIET || (streams?.cores.others ?? 0) > QUIET)
      console.log("    Other work took a part of the machine: rates are too low; those of a core hold.");
    const failed = (requests?.failed ?? 0) + (streams?.failed ?? 0);
    if (failed > 0) console.log(`    ${title} failed ${failed} requests.`);
  }
  const times = `requests ${found.requests ?? "–"} (goal 4), chunks ${found.chunks ?? "–"} (goal 2)`;
  console.log(`Perennial, times the better of Portkey and LiteLLM: ${times}.`);
}
