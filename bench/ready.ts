/** How soon a tuned model answers once its job has succeeded, alone and beside a caller who never pauses, and whether that one's requests fail. */
import { parseArgs } from "node:util";
import OpenAI from "openai";
import { clientOf, untilEnded, uploadRows } from "../test/support/estimated-job.ts";
import { BASE, PROJECT_KEY, type Server, startServer } from "../test/support/server.ts";
import { keepResults } from "./machine.ts";

const { values } = parseArgs({
  options: { jobs: { type: "string", default: "3" }, write: { type: "boolean", default: false } },
});

const row = (index: number) =>
  JSON.stringify({
    messages: [
      { role: "user", content: `What comes after ${index}?` },
      { role: "assistant", content: `${index + 1}` },
    ],
  });
const rows = `${Array.from({ length: 20 }, (_, index) => row(index)).join("\n")}\n`;

/** No retries: a request that failed once is a failure. */
const sdkOf = (server: Server) =>
  new OpenAI({ baseURL: `${server.url}/v1`, apiKey: PROJECT_KEY, maxRetries: 0 });

const ask = (sdk: OpenAI, model: string) =>
  sdk.chat.completions.create({
    model,
    max_tokens: 8,
    messages: [{ role: "user", content: "What comes after 7?" }],
  });

/** Asks these models in turn until it is told to stop; an upper bound keeps a lost benchmark from going on. */
function askOn(sdk: OpenAI, models: readonly string[]) {
  const end = performance.now() + 15 * 60_000;
  const seen = { answered: 0, failed: 0, slowestMs: 0 };
  let isOver = false;
  async function run(): Promise<void> {
    for (let turn = 0; !isOver && performance.now() < end; turn += 1) {
      const began = performance.now();
      const model = models[turn % models.length] ?? BASE;
      await ask(sdk, model).then(
        () => (seen.answered += 1),
        () => (seen.failed += 1),
      );
      seen.slowestMs = Math.max(seen.slowestMs, Math.round(performance.now() - began));
    }
  }
  const running = run();
  return async () => {
    isOver = true;
    await running;
    return seen;
  };
}

async function measure(server: Server, known: readonly string[], isBusy: boolean) {
  const client = clientOf(server);
  const training_file = await uploadRows(client, rows);
  const { id } = await client.jobs.create({ model: BASE, training_file, hyperparameters: { n_epochs: 1 } });
  const stop = isBusy ? askOn(sdkOf(server), [BASE, ...known]) : null;
  const { fine_tuned_model: model, finished_at } = await untilEnded(client, id);
  if (!model || finished_at === null) throw new Error(`Job ${id} has no model.`);
  const told = performance.now();
  await ask(sdkOf(server), model);
  const firstAnswerMs = Math.round(performance.now() - told);
  return { model, report: { first_answer_ms: firstAnswerMs, meanwhile: (await stop?.()) ?? null } };
}

await using server = await startServer();
const models: string[] = [];
const reports = [];
for (const isBusy of [false, true])
  for (let job = 0; job < Number(values.jobs); job += 1) {
    const { model, report } = await measure(server, models, isBusy);
    models.push(model);
    reports.push(report);
    console.log(`${isBusy ? "busy" : "alone"}, job ${job + 1}: ${JSON.stringify(report)}`);
  }
if (values.write) keepResults("ready", { base: BASE, jobs: reports });
