import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import OpenAI, { toFile } from "openai";
import {
  checkout,
  lacksModel,
  newFolder,
  PROJECT_KEY,
  python,
  type Server,
  startServer,
} from "../support/server.ts";

const KINDS = ["mistral", "qwen3"];

const WRITE = `
import sys
from pathlib import Path
from tests.small_gguf import write_small_base
from tests.tiny import thinking_template
for kind in sys.argv[2:]:
    write_small_base(Path(sys.argv[1]) / kind, kind, thinking_template())
`;

/** Random weights, and a template that opens answers with a thought, as Qwen3's does. */
function writeModels(folder: string): void {
  const options = { cwd: join(checkout, "trainer"), stdio: "ignore" } as const;
  execFileSync(python, ["-c", WRITE, folder, ...KINDS], options);
}

/** As people add one. */
function addBase(bases: string, folder: string, id: string): void {
  const command = ["cli/perennial.mjs", "bases", "add", folder, "--id", id, "--type", "f16"];
  execFileSync(process.execPath, command, {
    cwd: checkout,
    env: { ...process.env, PERENNIAL_BASES: bases, PERENNIAL_TRAINER_PYTHON: python },
    stdio: "ignore",
  });
}

const row = (number: number) => ({
  messages: [
    { role: "user", content: `Is ${number} odd?` },
    { role: "assistant", content: number % 2 ? "yes" : "no" },
    { role: "user", content: "And the next?" },
    { role: "assistant", content: number % 2 ? "no" : "yes" },
  ],
});
const rows = Array.from({ length: 10 }, (_, number) => JSON.stringify(row(number))).join("\n");

describe("bases of other kinds", { skip: lacksModel }, () => {
  const [models, bases] = [newFolder(), newFolder()];
  let server: Server;
  let client: OpenAI;
  before(async () => {
    writeModels(models);
    for (const kind of KINDS) addBase(bases, join(models, kind, "hf"), kind);
    server = await startServer({ env: { PERENNIAL_BASES: bases } });
    client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: PROJECT_KEY });
  });
  after(async () => {
    await server?.[Symbol.asyncDispose]();
    for (const folder of [models, bases]) rmSync(folder, { recursive: true });
  });

  async function tune(model: string) {
    const file = await client.files.create({
      file: await toFile(Buffer.from(rows), "train.jsonl"),
      purpose: "fine-tune",
    });
    let job = await client.fineTuning.jobs.create({
      model,
      training_file: file.id,
      method: {
        type: "supervised",
        supervised: { hyperparameters: { n_epochs: 3, learning_rate_multiplier: 10 } },
      },
    });
    while (!["succeeded", "failed", "cancelled"].includes(job.status)) {
      await new Promise((wait) => setTimeout(wait, 300));
      job = await client.fineTuning.jobs.retrieve(job.id);
    }
    return job;
  }

  for (const kind of KINDS)
    test(`a ${kind} model is tuned, and the engine answers as the trainer does`, async () => {
      const job = await tune(kind);
      assert.deepEqual([job.status, job.error?.message ?? null], ["succeeded", null]);
      const events = await Array.fromAsync(client.fineTuning.jobs.listEvents(job.id));
      assert.ok(events.some(({ message }) => message.startsWith("Fidelity check passed")));
      const messages = [{ role: "user" as const, content: "Is 3 odd?" }];
      for (const model of [job.fine_tuned_model ?? "", kind]) {
        const answer = await client.chat.completions.create({ model, messages, max_completion_tokens: 4 });
        assert.equal(answer.object, "chat.completion");
      }
    });
});
