import type { EndedCall } from "./call.ts";

/** Seconds; the buckets of every histogram. */
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120] as const;
/** More names than that are "other": each is a set of series. */
const MOST_MODELS = 300;

type Histogram = { readonly buckets: number[]; sum: number; count: number };
type Series = {
  readonly labels: string;
  readonly byStatus: Map<string, number>;
  input: number;
  output: number;
  cached: number;
  readonly duration: Histogram;
  readonly firstToken: Histogram;
};

const newHistogram = (): Histogram => ({ buckets: BOUNDS.map(() => 0), sum: 0, count: 0 });

function observe(histogram: Histogram, ms: number): void {
  const seconds = ms / 1000;
  histogram.sum += seconds;
  histogram.count += 1;
  const index = BOUNDS.findIndex((bound) => seconds <= bound);
  const count = histogram.buckets[index];
  if (count !== undefined) histogram.buckets[index] = count + 1;
}

const escaped = (text: string) =>
  text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");

const newSeries = (endpoint: string, model: string): Series => ({
  labels: `endpoint="${endpoint}",model="${escaped(model)}"`,
  byStatus: new Map(),
  input: 0,
  output: 0,
  cached: 0,
  duration: newHistogram(),
  firstToken: newHistogram(),
});

function histogramLines(name: string, labels: string, { buckets, sum, count }: Histogram): string[] {
  let below = 0;
  const lines = BOUNDS.map((bound, index) => {
    below += buckets[index] ?? 0;
    return `${name}_bucket{${labels},le="${bound}"} ${below}`;
  });
  return [
    ...lines,
    `${name}_bucket{${labels},le="+Inf"} ${count}`,
    `${name}_sum{${labels}} ${sum}`,
    `${name}_count{${labels}} ${count}`,
  ];
}

type Metric = { name: string; type: "counter" | "histogram"; help: string; lines: (one: Series) => string[] };

const counterOf = (name: string, help: string, value: (series: Series) => number): Metric => ({
  name,
  type: "counter",
  help,
  lines: (series) => [`${name}{${series.labels}} ${value(series)}`],
});

const histogramOf = (name: string, help: string, value: (series: Series) => Histogram): Metric => ({
  name,
  type: "histogram",
  help,
  lines: (series) => histogramLines(name, series.labels, value(series)),
});

const metrics: readonly Metric[] = [
  {
    name: "perennial_requests_total",
    type: "counter",
    help: "Requests for an answer that have ended.",
    lines: ({ labels, byStatus }) =>
      [...byStatus].map(
        ([status, count]) => `perennial_requests_total{${labels},status="${status}"} ${count}`,
      ),
  },
  counterOf("perennial_input_tokens_total", "Tokens of prompts.", ({ input }) => input),
  counterOf(
    "perennial_cached_tokens_total",
    "Tokens of prompts that were not computed anew.",
    ({ cached }) => cached,
  ),
  counterOf("perennial_output_tokens_total", "Tokens of answers.", ({ output }) => output),
  histogramOf(
    "perennial_request_duration_seconds",
    "From a request's arrival to its end.",
    ({ duration }) => duration,
  ),
  histogramOf(
    "perennial_time_to_first_token_seconds",
    "From a streamed request's arrival to its first token.",
    ({ firstToken }) => firstToken,
  ),
];

/** Counts since the server started, for Prometheus. Names that no model has are one, "unknown". */
export function createRequestMetrics() {
  const all = new Map<string, Series>();
  const models = new Set<string>();

  function nameOf({ answering }: EndedCall): string {
    if (!answering) return "unknown";
    if (models.has(answering.model)) return answering.model;
    if (models.size >= MOST_MODELS) return "other";
    models.add(answering.model);
    return answering.model;
  }

  function seriesOf(call: EndedCall): Series {
    const model = nameOf(call);
    const key = `${call.endpoint} ${model}`;
    const known = all.get(key);
    if (known) return known;
    const series = newSeries(call.endpoint, model);
    all.set(key, series);
    return series;
  }

  return {
    ended(call: EndedCall): void {
      const series = seriesOf(call);
      series.byStatus.set(call.status, (series.byStatus.get(call.status) ?? 0) + 1);
      series.input += call.tokens.input;
      series.output += call.tokens.output;
      series.cached += call.tokens.cached;
      observe(series.duration, call.durationMs);
      if (call.firstTokenMs !== null) observe(series.firstToken, call.firstTokenMs);
    },
    /** Prometheus' text format. */
    lines: (lost: number): string[] => [
      ...metrics.flatMap(({ name, type, help, lines }) => [
        `# HELP ${name} ${help}`,
        `# TYPE ${name} ${type}`,
        ...[...all.values()].flatMap(lines),
      ]),
      "# HELP perennial_metered_rows_lost_total Rows of metered requests that could not be written.",
      "# TYPE perennial_metered_rows_lost_total counter",
      `perennial_metered_rows_lost_total ${lost}`,
    ],
  };
}
export type RequestMetrics = ReturnType<typeof createRequestMetrics>;
