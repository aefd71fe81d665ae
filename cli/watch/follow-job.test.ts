import assert from "node:assert/strict";
import { test } from "node:test";
import type { FineTuningJob, JobEvent, JobStatus } from "../../contract/fine-tuning.ts";
import { followJob, type JobSource } from "./follow-job.ts";

const job = (status: JobStatus): FineTuningJob => ({
  object: "fine_tuning.job",
  id: "ftjob-1",
  created_at: 1,
  model: "tiny-base",
  organization_id: "org-1",
  training_file: "file-1",
  validation_file: null,
  status,
  error: null,
  hyperparameters: { n_epochs: 1, batch_size: 1, learning_rate_multiplier: 1 },
  method: {
    type: "supervised",
    supervised: { hyperparameters: { n_epochs: 1, batch_size: 1, learning_rate_multiplier: 1 } },
  },
  seed: 1,
  fine_tuned_model: null,
  finished_at: null,
  estimated_finish: null,
  trained_tokens: null,
  result_files: [],
  integrations: [],
  metadata: null,
  user_provided_suffix: null,
  paused_at: null,
  resolved_hyperparameters: null,
});

const event = (id: string): JobEvent => ({
  object: "fine_tuning.job.event",
  id,
  created_at: 1,
  level: "info",
  message: id,
  type: "message",
  data: null,
});

type Answer = JobStatus | Error;

/** Answers one status a poll; before each, one more event has happened. */
function sourceOf(answers: readonly Answer[]): JobSource {
  let polls = 0;
  return {
    async get() {
      const answer = answers[polls] ?? "running";
      polls += 1;
      if (answer instanceof Error) throw answer;
      return job(answer);
    },
    eventsSince: async (_, known) => {
      const all = Array.from({ length: polls }, (_unused, index) => event(`e${index + 1}`));
      return all.slice(all.findIndex(({ id }) => id === known) + 1);
    },
  };
}

const options = { sleep: async () => {}, signal: new AbortController().signal };

const idsOf = async (answers: readonly Answer[], more = {}) => {
  const news = await Array.fromAsync(followJob(sourceOf(answers), "ftjob-1", { ...options, ...more }));
  return news.map(({ job: { status }, events }) => [status, ...events.map(({ id }) => id)]);
};

test("each event is told once, until the job has ended", async () => {
  assert.deepEqual(await idsOf(["queued", "running", "succeeded"]), [
    ["queued", "e1"],
    ["running", "e2"],
    ["succeeded", "e3"],
  ]);
});

test("a server that starts again is waited for, and nothing that happened meanwhile is lost", async () => {
  const away = new Error("away");
  const lost: unknown[] = [];
  const told = await idsOf(["running", away, away, "failed"], {
    mayPass: (error: unknown) => error === away,
    onLost: (error: unknown) => lost.push(error),
  });
  assert.deepEqual(told, [
    ["running", "e1"],
    ["failed", "e2", "e3", "e4"],
  ]);
  assert.deepEqual(lost, [away]);
});

test("a refusal ends it at once, and so does a server that was never there", async () => {
  const refusal = new Error("no such job");
  await assert.rejects(idsOf(["running", refusal]), refusal);
  await assert.rejects(idsOf([refusal], { mayPass: () => true }), refusal);
});

test("a server that stays away is given up", async () => {
  const away = new Error("away");
  const answers: Answer[] = ["running", ...Array.from({ length: 500 }, () => away)];
  await assert.rejects(idsOf(answers, { mayPass: () => true }), away);
});

test("it ends when the reader has gone", async () => {
  const controller = new AbortController();
  const seen: string[] = [];
  const signalled = { ...options, signal: controller.signal };
  for await (const news of followJob(sourceOf([]), "ftjob-1", signalled)) {
    seen.push(news.job.status);
    if (seen.length === 2) controller.abort();
  }
  assert.deepEqual(seen, ["running", "running"]);
});
