import { sql } from "kysely";
import { DeliveryStatus } from "../contract/webhooks.ts";
import type { Database } from "./database/database.ts";
import { startOf } from "./lifecycle/day.ts";
import type { Schedule } from "./lifecycle/schedule.ts";
import type { ProcessFacts, QueueFacts } from "./serving/pool.ts";

type Gauge = {
  readonly name: string;
  readonly help: string;
  readonly values: readonly { labels: string; value: number }[];
};

const render = ({ name, help, values }: Gauge) =>
  [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} gauge`,
    ...values.map(({ labels, value }) => `${name}${labels} ${value}`),
  ].join("\n");

const one = (name: string, help: string, value: number): Gauge => ({
  name,
  help,
  values: [{ labels: "", value }],
});

async function jobsByStatus(db: Database): Promise<Gauge> {
  const rows = await db
    .selectFrom("jobs")
    .select(["status", sql<number>`count(*)`.as("count")])
    .groupBy("status")
    .execute();
  const values = rows.map(({ status, count }) => ({ labels: `{status="${status}"}`, value: count }));
  return { name: "perennial_jobs", help: "Fine-tuning jobs by status.", values };
}

async function tunedModels(db: Database): Promise<Gauge> {
  const row = await db
    .selectFrom("tuned_models")
    .select(sql<number>`count(*)`.as("count"))
    .where("deleted_at", "is", null)
    .executeTakeFirst();
  return one("perennial_tuned_models", "Tuned models that can be called.", row?.count ?? 0);
}

async function webhookDeliveries(db: Database): Promise<Gauge> {
  const rows = await db
    .selectFrom("webhook_deliveries")
    .select(["status", sql<number>`count(*)`.as("count")])
    .groupBy("status")
    .execute();
  const count = new Map(rows.map((row) => [row.status, row.count]));
  const values = DeliveryStatus.options.map((status) => ({
    labels: `{status="${status}"}`,
    value: count.get(status) ?? 0,
  }));
  const help = "Webhook deliveries of the last 30 days by status.";
  return { name: "perennial_webhook_deliveries", help, values };
}

const queueGauges = (queues: readonly QueueFacts[]): Gauge[] =>
  (["working", "waiting"] as const).map((state) => ({
    name: `perennial_engine_requests_${state}`,
    help: state === "working" ? "Requests that an engine works on." : "Requests that wait for an engine.",
    values: queues.map((queue) => ({ labels: `{base="${queue.base}"}`, value: queue[state] })),
  }));

function engineGauges(engines: readonly ProcessFacts[]): Gauge[] {
  const labels = ({ base, pid }: ProcessFacts) => `{base="${base}",pid="${pid}"}`;
  const adapters = engines.map((engine) => ({ labels: labels(engine), value: engine.adapters }));
  const memory = engines.flatMap((engine) =>
    engine.memoryBytes === null ? [] : [{ labels: labels(engine), value: engine.memoryBytes }],
  );
  return [
    { name: "perennial_engine_adapters", help: "Adapters that an engine holds.", values: adapters },
    { name: "perennial_engine_memory_bytes", help: "Resident memory of an engine.", values: memory },
  ];
}

type Facts = {
  readonly trainings: number;
  readonly engines: readonly ProcessFacts[];
  readonly queues: readonly QueueFacts[];
  readonly schedules: readonly Schedule[];
  /** Lines on requests for answers. */
  readonly requests: readonly string[];
};

/** For alerts on days that come near; a base without dates has none. */
function dateGauges(schedules: readonly Schedule[]): Gauge[] {
  const gauge = (name: string, help: string, dayOf: (schedule: Schedule) => string | null): Gauge => ({
    name,
    help,
    values: schedules.flatMap((schedule) => {
      const day = dayOf(schedule);
      return day === null ? [] : [{ labels: `{base="${schedule.id}"}`, value: startOf(day) }];
    }),
  });
  return [
    gauge(
      "perennial_base_training_end_timestamp_seconds",
      "When training on a base ends.",
      ({ trainingEndsAt }) => trainingEndsAt,
    ),
    gauge(
      "perennial_base_shutdown_timestamp_seconds",
      "When a base is shut down.",
      ({ shutdownAt }) => shutdownAt,
    ),
    gauge(
      "perennial_tuned_models_shutdown_timestamp_seconds",
      "When the models tuned on a base are shut down.",
      ({ tunedShutdownAt }) => tunedShutdownAt,
    ),
  ];
}

/** Prometheus' text format, version 0.0.4. Names of models, but no key and no name of a project. */
export async function renderMetrics(db: Database, facts: Facts): Promise<string> {
  const { rss } = process.memoryUsage();
  const gauges = [
    await jobsByStatus(db),
    await tunedModels(db),
    await webhookDeliveries(db),
    one("perennial_trainings_running", "Trainings at work.", facts.trainings),
    ...engineGauges(facts.engines),
    ...queueGauges(facts.queues),
    ...dateGauges(facts.schedules),
    one("process_resident_memory_bytes", "Memory of the control plane.", rss),
    one("perennial_uptime_seconds", "Seconds since the server started.", Math.round(process.uptime())),
  ];
  return `${[...gauges.map(render), ...facts.requests].join("\n")}\n`;
}
