import { join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import OpenAI from "openai";
import { duration } from "../cli/output/words.ts";
import { createClient } from "../client/client.ts";
import { readConfig } from "../server/config.ts";
import { askAll } from "./demo/ask.ts";
import { readKey, stopSignal, timed } from "./demo/process.ts";
import { isClearlyBetter, renderNext, renderReport } from "./demo/report.ts";
import { accuracyOf, readHeldOut } from "./demo/rows.ts";
import { findPort, startDemoServer } from "./demo/server.ts";
import { cancelJob, createJob, type Trained, waitForModel } from "./demo/train.ts";

const root = resolve(import.meta.dirname, "..");
const sample = join(root, "examples", "banking77");
const base = "smollm2-135m-instruct";

const say = (text: string) => process.stdout.write(`${text}\n`);

const { values: flags } = parseArgs({ options: { exit: { type: "boolean" }, port: { type: "string" } } });

async function train(openai: OpenAI, signal: AbortSignal): Promise<Trained> {
  const id = await createJob(openai, {
    model: base,
    trainingFile: join(sample, "train.jsonl"),
    validationFile: join(sample, "validation.jsonl"),
    suffix: "banking",
    hyperparameters: { n_epochs: 1, batch_size: 16, learning_rate_multiplier: 2 },
  });
  say(`Fine-tuning ${base} to sort customer questions into 20 intents: job ${id}`);
  try {
    return await waitForModel(openai, id, signal);
  } catch (error) {
    await cancelJob(openai, id);
    throw error;
  }
}

/** Trains, asks both models, reports; true when the tuned model is clearly better. */
async function runDemo(
  openai: OpenAI,
  place: { url: string; keyIn: string },
  signal: AbortSignal,
): Promise<boolean> {
  const started = performance.now();
  const trained = await train(openai, signal);
  const rows = readHeldOut(join(sample, "held-out.jsonl"));
  say(`\nAsking ${rows.length} questions that were not trained on`);
  const before = await timed(() => askAll(openai, { model: base, label: "base", rows }, signal));
  const after = await timed(() => askAll(openai, { model: trained.model, label: "tuned", rows }, signal));
  const secondsAsking = { base: before.seconds, tuned: after.seconds };
  const measured = { rows, base: before.value, tuned: after.value, trained, secondsAsking };
  say(renderReport(measured, process.stdout.columns || 120));
  say(`All of it took ${duration((performance.now() - started) / 1000)}.`);
  say(renderNext({ ...place, model: trained.model }));
  return isClearlyBetter(accuracyOf(rows, before.value), accuracyOf(rows, after.value));
}

async function main(): Promise<number> {
  const config = readConfig(flags.port ? { ...process.env, PERENNIAL_PORT: flags.port } : process.env);
  using stop = stopSignal();
  const port = await findPort(config.PERENNIAL_HOST, config.PERENNIAL_PORT);
  if (port !== config.PERENNIAL_PORT) say(`Port ${config.PERENNIAL_PORT} is taken; this demo uses ${port}.`);
  const data = resolve(config.PERENNIAL_DATA);
  await using server = await startDemoServer({
    host: config.PERENNIAL_HOST,
    port,
    data,
    signal: stop.signal,
  });
  say(`Perennial listens on ${server.url}/v1`);
  const { dashboard } = createClient({
    baseUrl: server.url,
    apiKey: config.PERENNIAL_ADMIN_KEY ?? readKey(data, "admin-key"),
  });
  const { token } = await dashboard.newLink();
  say(`Watch it in the dashboard, by a link that works once: ${server.url}/#link=${token}`);
  const openai = new OpenAI({
    baseURL: `${server.url}/v1`,
    apiKey: config.PERENNIAL_API_KEY ?? readKey(data, "api-key"),
  });
  const signal = AbortSignal.any([stop.signal, server.gone]);
  const keyIn = relative(process.cwd(), join(data, "api-key"));
  const isBetter = await runDemo(openai, { url: server.url, keyIn }, signal);
  if (!isBetter) say("The tuned model is not clearly better than its base: that is not how it should be.");
  if (flags.exit) return isBetter ? 0 : 1;
  say("The platform stays up. Ctrl-C stops it.");
  await stop.requested(server.gone);
  return 0;
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  return 1;
});
