import assert from "node:assert/strict";
import OpenAI, { toFile } from "openai";
import { GRASS, question, trainingJsonl } from "./rows.ts";
import { BASE, PROJECT_KEY, type Server } from "./server.ts";

export const ROWS = trainingJsonl(36);
/** Enough to make a model answer otherwise than its base, in a few steps. */
export const FEW_ROWS = trainingJsonl(12);

export const clientOf = ({ url }: Server) =>
  new OpenAI({ baseURL: `${url}/v1`, apiKey: PROJECT_KEY, maxRetries: 0 });

/** Trains the colours' made-up names; with all the rows the model knows them afterwards. */
export async function tune(client: OpenAI, rows = ROWS): Promise<string> {
  const file = await toFile(Buffer.from(rows), "train.jsonl");
  const training = await client.files.create({ file, purpose: "fine-tune" });
  const hyperparameters = { n_epochs: rows === ROWS ? 8 : 4, batch_size: 6, learning_rate_multiplier: 2 };
  let job = await client.fineTuning.jobs.create({
    model: BASE,
    training_file: training.id,
    suffix: "colours",
    seed: 7,
    method: { type: "supervised", supervised: { hyperparameters } },
  });
  while (!["succeeded", "failed", "cancelled"].includes(job.status)) {
    await new Promise((wait) => setTimeout(wait, 300));
    job = await client.fineTuning.jobs.retrieve(job.id);
  }
  assert.equal(job.status, "succeeded", JSON.stringify(job.error));
  return job.fine_tuned_model ?? "";
}

/** The likeliest answer. */
export async function ask(client: OpenAI, model: string): Promise<string> {
  const request = { model, messages: question(GRASS), temperature: 0, max_tokens: 8 };
  return (await client.chat.completions.create(request)).choices[0]?.message.content?.trim() ?? "";
}
