import { median, rounded } from "./load.ts";
import type { Round } from "./measure.ts";

type Cores = Readonly<Record<string, number>>;

const medianCores = (rounds: readonly Cores[]): Cores =>
  Object.fromEntries(
    Object.keys(rounds[0] ?? {}).map((name) => [name, median(rounds.map((cores) => cores[name] ?? 0))]),
  );

/** Medians of the rounds; a difference is taken within a round. */
export function summarize(title: string, rounds: readonly Round[]) {
  const of = (pick: (round: Round) => number) => median(rounds.map(pick));
  const requests = (pick: (round: Round["requests"]) => number) => of((round) => pick(round.requests));
  const streams = (pick: (round: Round["streams"]) => number) => of((round) => pick(round.streams));
  const latencies = rounds.flatMap(({ latency }) => (latency ? [latency] : []));
  const added = (which: "p50" | "p99") =>
    rounded(median(latencies.map(({ target_ms, direct_ms }) => target_ms[which] - direct_ms[which])), 3);
  return {
    title,
    requests: {
      per_second: requests((round) => round.requests_per_second),
      each_round: rounds.map((round) => round.requests.requests_per_second),
      p50_ms: requests((round) => round.p50_ms),
      p99_ms: requests((round) => round.p99_ms),
      failed: rounds.reduce((sum, round) => sum + round.requests.failed, 0),
      cores: medianCores(rounds.map((round) => round.requests.cores)),
    },
    streams: {
      chunks_per_second: streams((round) => round.chunks_per_second),
      each_round: rounds.map((round) => round.streams.chunks_per_second),
      mb_per_second: streams((round) => round.mb_per_second),
      failed: rounds.reduce((sum, round) => sum + round.streams.failed, 0),
      cores: medianCores(rounds.map((round) => round.streams.cores)),
    },
    latency:
      latencies.length === 0
        ? null
        : { added_p50_ms: added("p50"), added_p99_ms: added("p99"), each_round: latencies },
    resident_mb: rounds.at(-1)?.residentMb ?? null,
  };
}
export type Summary = ReturnType<typeof summarize>;

const best = (peers: readonly Summary[], pick: (summary: Summary) => number): number =>
  Math.max(...peers.map(pick));

/** How many times the better of the peers; null without both sides. */
export function ratios(ours: Summary | undefined, peers: readonly Summary[]) {
  if (!ours || peers.length === 0) return null;
  const perSecond = (summary: Summary) => summary.requests.per_second;
  const chunks = (summary: Summary) => summary.streams.chunks_per_second;
  return {
    requests: rounded(perSecond(ours) / best(peers, perSecond), 1),
    chunks: rounded(chunks(ours) / best(peers, chunks), 1),
  };
}

const spoken = (cores: Cores): string =>
  Object.entries(cores)
    .map(([name, share]) => `${name} ${share}`)
    .join(", ");

const thousands = (value: number): string => Math.round(value).toLocaleString("en-US");

/** Rows of the README's table. */
const row = ({ title, requests, streams, latency, resident_mb }: Summary): string =>
  `| ${[
    title,
    latency ? `${latency.added_p50_ms} / ${latency.added_p99_ms}` : "–",
    thousands(requests.per_second),
    `${requests.p50_ms} / ${requests.p99_ms}`,
    thousands(streams.chunks_per_second),
    resident_mb ?? "?",
  ].join(" | ")} |`;

export function tell(summaries: readonly Summary[], found: ReturnType<typeof ratios>): void {
  console.log(
    "\n|  | Added ms, p50 / p99 | Requests/s | their ms, p50 / p99 | Chunks/s | MB |\n|---|---|---|---|---|---|",
  );
  for (const summary of summaries) console.log(row(summary));
  console.log("\nCores at work, of whole answers; of streams:");
  for (const { title, requests, streams } of summaries)
    console.log(`  ${title}: ${spoken(requests.cores)}; ${spoken(streams.cores)}`);
  const failed = summaries.filter(({ requests, streams }) => requests.failed + streams.failed > 0);
  for (const { title, requests, streams } of failed)
    console.log(`  ${title} failed ${requests.failed} requests and ${streams.failed} streams.`);
  if (found)
    console.log(
      `Perennial, times the better peer: requests ${found.requests} (goal 4), chunks ${found.chunks} (goal 2).`,
    );
}
