import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Comparison, clientOf, compare, uploadRows } from "../support/estimated-job.ts";
import { trainingJsonl } from "../support/rows.ts";
import { BASE, lacksModel, type Server, startServer } from "../support/server.ts";

/** Others may use the machine in one of the two runs only. */
const MOST_APART = 2.5;
const MEMORY_APART = 1.4;

const rowsOfLength = (sentences: number, count: number): string =>
  `${Array.from({ length: count }, (_, index) => {
    const story = Array.from(
      { length: sentences },
      (_, place) => `On day ${index * 31 + place} the ferry carried ${(index + 3) * (place + 7)} crates.`,
    );
    const messages = [
      { role: "user", content: `Copy this. ${story.join(" ")}` },
      { role: "assistant", content: story.slice(0, 8).join(" ") },
    ];
    return JSON.stringify({ messages });
  }).join("\n")}\n`;

function near(estimated: number, took: number, most: number, what: string): void {
  const ratio = estimated / took;
  assert.ok(ratio < most && ratio > 1 / most, `${what}: estimated ${estimated}, took ${took}`);
}

function assertNear({ estimate, ...job }: Comparison): void {
  assert.equal(estimate.tokens.dataset_total, job.trainedTokens);
  const { training, validation, checkpoints, total } = estimate.seconds;
  near(training + validation + checkpoints, job.loopSeconds, MOST_APART, "seconds of the loop");
  near(total, job.jobSeconds, MOST_APART, "seconds of the job");
  near(estimate.memory.peak_bytes, job.peakBytes, MEMORY_APART, "peak memory");
}

describe("a job takes about what its estimate says", { skip: lacksModel }, () => {
  let server: Server;
  before(async () => {
    server = await startServer();
  });
  after(async () => {
    await server?.[Symbol.asyncDispose]();
  });

  test("with short rows that begin alike, and some to validate on", async () => {
    const client = clientOf(server);
    const found = await compare(server, {
      model: BASE,
      training_file: await uploadRows(client, trainingJsonl(96)),
      validation_file: await uploadRows(client, trainingJsonl(18), "valid.jsonl"),
      hyperparameters: { n_epochs: 2, batch_size: 8 },
    });
    assert.equal(found.estimate.steps, 24);
    assert.ok(found.estimate.tokens.computed_total < found.estimate.tokens.dataset_total / 2);
    assertNear(found);
  });

  test("with long rows that have nothing in common", async () => {
    const client = clientOf(server);
    const found = await compare(server, {
      model: BASE,
      training_file: await uploadRows(client, rowsOfLength(24, 12)),
      hyperparameters: { n_epochs: 1, batch_size: 2 },
    });
    assert.equal(found.estimate.steps, 6);
    assertNear(found);
  });
});
