// A whole fine-tune by OpenAI's own SDK. It reads OPENAI_BASE_URL and OPENAI_API_KEY, as everywhere:
//   OPENAI_BASE_URL=http://127.0.0.1:4010/v1 OPENAI_API_KEY=$(cat data/api-key) npx node examples/node-sdk.ts
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import OpenAI from "openai";

const client = new OpenAI();

const file = await client.files.create({
  file: createReadStream(process.argv[2] ?? join(import.meta.dirname, "bakery.jsonl")),
  purpose: "fine-tune",
});

let job = await client.fineTuning.jobs.create({
  training_file: file.id,
  model: "smollm2-135m-instruct",
  suffix: "bakery",
});

while (!["succeeded", "failed", "cancelled"].includes(job.status)) {
  await sleep(2000);
  job = await client.fineTuning.jobs.retrieve(job.id);
  console.log(job.id, job.status);
}
if (!job.fine_tuned_model) throw new Error(`The job ${job.status}: ${job.error?.message}`);

const completion = await client.chat.completions.create({
  model: job.fine_tuned_model,
  messages: [{ role: "user", content: "Do you deliver?" }],
  temperature: 0,
});
console.log(job.fine_tuned_model);
console.log(completion.choices[0]?.message.content);
