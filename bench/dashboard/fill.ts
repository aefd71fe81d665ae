import { writeFileSync } from "node:fs";
import { join } from "node:path";
import OpenAI, { toFile } from "openai";
import { createClient } from "../../client/client.ts";
import type { FineTuningJob } from "../../contract/fine-tuning.ts";
import { type Database, openDatabase } from "../../server/database/database.ts";
import { metricsEvent } from "../../server/fine-tuning/job.ts";
import { insertEvents } from "../../server/fine-tuning/job-store.ts";
import { PLAYED_BASE } from "../../test/support/played-server.ts";
import { trainingJsonl } from "../../test/support/rows.ts";
import { PROJECT_KEY, type Server } from "../../test/support/server.ts";

const CHUNK = 500;

const clientOf = ({ url }: Server) => createClient({ baseUrl: url, apiKey: PROJECT_KEY });

async function until(server: Server, id: string, isWanted: (job: FineTuningJob) => boolean): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    if (isWanted(await clientOf(server).jobs.get(id))) return;
    await new Promise((next) => setTimeout(next, 50));
  }
  throw new Error(`Job ${id} did not become as wanted.`);
}

async function uploadRows({ url }: Server): Promise<string> {
  const { files } = new OpenAI({ baseURL: `${url}/v1`, apiKey: PROJECT_KEY });
  const file = await toFile(Buffer.from(trainingJsonl(12)), "train.jsonl");
  return (await files.create({ file, purpose: "fine-tune" })).id;
}

/** As many finished jobs, like one that the server itself wrote. */
async function copyJobs(db: Database, id: string, count: number): Promise<void> {
  const { seq: _, ...like } = await db
    .selectFrom("jobs")
    .selectAll()
    .where("id", "=", id)
    .executeTakeFirstOrThrow();
  for (let made = 0; made < count; made += CHUNK) {
    const rows = Array.from({ length: Math.min(CHUNK, count - made) }, (_, index) => ({
      ...like,
      id: `ftjob-bench${String(made + index).padStart(6, "0")}`,
      status: "succeeded" as const,
      fine_tuned_model: `ft:${PLAYED_BASE}:personal:bench:${String(made + index).padStart(8, "0")}`,
      trained_tokens: 1000 + made + index,
    }));
    await db.insertInto("jobs").values(rows).execute();
  }
}

/** Noise on a falling line. */
const measuredAt = (step: number) => ({
  step,
  train_loss: 2 / Math.log(step + 2) + Math.sin(step * 7.3) * 0.05,
  train_mean_token_accuracy: 0.5 + Math.cos(step * 3.1) * 0.1,
});

async function addSteps(db: Database, id: string, count: number): Promise<void> {
  const events = Array.from({ length: count }, (_, index) => {
    const step = index + 1;
    return metricsEvent(measuredAt(step), {
      total_steps: 1_000_000,
      tokens: step * 10,
      tokens_per_second: 500,
    });
  });
  for (let from = 0; from < count; from += CHUNK)
    await db
      .transaction()
      .execute((trx) => insertEvents(trx, id, events.slice(from, from + CHUNK), 1_800_000_000 + from));
  await db.updateTable("jobs").set({ last_step: count }).where("id", "=", id).execute();
}

/** Fills a running server's data; returns the job that has the steps and goes on with fifty a second. */
export async function fill(server: Server, counts: { readonly jobs: number; readonly steps: number }) {
  const { jobs } = clientOf(server);
  const training_file = await uploadRows(server);
  const request = { model: PLAYED_BASE, training_file, suffix: "bench" };
  const db = openDatabase(join(server.folder, "perennial.sqlite"));
  const like = await jobs.create(request);
  await until(server, like.id, ({ status }) => status === "running");
  await jobs.cancel(like.id);
  await copyJobs(db, like.id, counts.jobs);

  const { id } = await jobs.create(request);
  await until(server, id, ({ resolved_hyperparameters }) => resolved_hyperparameters !== null);
  await jobs.pause(id);
  await until(server, id, ({ status }) => status === "queued");
  await addSteps(db, id, counts.steps);
  writeFileSync(join(server.folder, "jobs", id, "played.step"), String(counts.steps));
  await db.destroy();
  await jobs.resume(id);
  await until(server, id, ({ status }) => status === "running");
  return id;
}
