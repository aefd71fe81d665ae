import assert from "node:assert/strict";
import { test } from "node:test";
import type { FineTuningJob, JobEvent } from "../../../contract/fine-tuning.ts";
import { waitingFor } from "./waiting-for.ts";

const job = (status: string, paused_at: number | null = null) => ({ status, paused_at }) as FineTuningJob;
const told = (message: string) => [{ message }] as JobEvent[];
const trainings = { limit: 1, running: 1, waiting: 1, jobs: [] };

test("a job says what it waits for: its files, memory, others, or a moment", () => {
  const say = (status: string, message: string, facts: object = {}) =>
    waitingFor(job(status), told(message), { ...trainings, ...facts });
  assert.equal(say("validating_files", "Created fine-tuning job"), "Its files are being checked.");
  assert.match(say("queued", "The job waits for memory: it needs about 9.0 GB") ?? "", /9.0 GB. It begins/);
  assert.match(
    say("queued", "Fine-tuning job enqueued") ?? "",
    /another training runs, and this server runs one at a time\. It begins/,
  );
  assert.match(
    say("queued", "…", { running: 2, limit: 2, waiting: 3 }) ?? "",
    /2 trainings run.* 2 at a time; 3 jobs wait/,
  );
  assert.equal(say("queued", "…", { running: 0 }), "It begins in a moment.");
});

test("a job that runs, is paused or is over waits for nothing", () => {
  for (const one of [job("running"), job("succeeded"), job("queued", 1000)])
    assert.equal(waitingFor(one, told("…"), trainings), null);
});
