import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Client, createClient } from "../../client/client.ts";
import type { CreateJob, FineTuningJob } from "../../contract/fine-tuning.ts";
import { ADMIN_KEY, BASE, checkout, PROJECT_KEY, type Server } from "../../test/support/server.ts";
import type { Shown } from "./pages.ts";
import type { Caller } from "./usage.ts";

const POLL_MS = 500;
const DAY_MS = 86_400_000;
const HOOK_PORT = 8787;
/** A base that is only named: nothing of it is opened. */
export const OLD_BASE = "smollm-135m-instruct";

export const adminOf = ({ url }: Server) => createClient({ baseUrl: url, apiKey: ADMIN_KEY });
export const clientOf = ({ url }: Server) => createClient({ baseUrl: url, apiKey: PROJECT_KEY });

const rowsOf = (path: string) => readFileSync(join(checkout, "examples", path), "utf8");

const upload = async (client: Client, name: string, text: string) =>
  (await client.files.upload({ name, bytes: new Blob([text]), purpose: "fine-tune" })).id;

async function untilOver(client: Client, { id }: FineTuningJob): Promise<FineTuningJob> {
  for (;;) {
    const job = await client.jobs.get(id);
    if (["succeeded", "failed", "cancelled"].includes(job.status)) return job;
    await sleep(POLL_MS);
  }
}

export async function untilStep(client: Client, id: string, wanted: number): Promise<void> {
  for (;;) {
    const { step } = await client.jobs.metrics(id);
    if ((step.at(-1) ?? 0) >= wanted) return;
    await sleep(POLL_MS);
  }
}

const supervised = (hyperparameters: Record<string, number>) =>
  ({ type: "supervised", supervised: { hyperparameters } }) as const;

const SUFFIX = "bank-intents";
const BANKING = { n_epochs: 1, batch_size: 16, learning_rate_multiplier: 2 };

/** Runs jobs as a user would have by then: one that was too small, one of few rows, one worth keeping; its model. */
export async function train(client: Client): Promise<string> {
  const few = rowsOf("bakery.jsonl");
  const draft = await upload(client, "bakery-draft.jsonl", few.split("\n").slice(0, 4).join("\n"));
  const bakery = await upload(client, "bakery.jsonl", few);
  const questions = await upload(client, "bank-questions.jsonl", rowsOf("banking77/train.jsonl"));
  const check = await upload(client, "bank-questions-check.jsonl", rowsOf("banking77/validation.jsonl"));
  const method = supervised({ n_epochs: 6, batch_size: 2, learning_rate_multiplier: 4 });
  const banking = { training_file: questions, validation_file: check, suffix: SUFFIX, seed: 7 };
  const jobs = [
    await client.jobs.create({ model: BASE, training_file: draft, suffix: "bakery" }),
    await client.jobs.create({ model: BASE, training_file: bakery, suffix: "bakery", seed: 3, method }),
    await client.jobs.create({ model: BASE, ...banking, method: supervised(BANKING) }),
  ];
  let tuned: string | null = null;
  for (const job of jobs) tuned = (await untilOver(client, job)).fine_tuned_model;
  if (tuned === null) throw new Error("The training failed.");
  return tuned;
}

/** What the pictures are of, and the request for another job of that kind. */
export async function findShown(client: Client): Promise<{ shown: Shown; request: CreateJob }> {
  const jobs = await Array.fromAsync(client.jobs.list());
  const [endpoint] = await Array.fromAsync(client.webhooks.list());
  const find = (suffix: string) =>
    jobs.find((job) => job.user_provided_suffix === suffix && job.fine_tuned_model !== null);
  const [job, bakery] = [find(SUFFIX), find("bakery")];
  if (!job?.fine_tuned_model || !job.validation_file || !bakery)
    throw new Error("The folder is half filled.");
  const files = { training_file: job.training_file, validation_file: job.validation_file };
  return {
    shown: {
      job: job.id,
      model: job.fine_tuned_model,
      bakery: bakery.id,
      trainingFile: files.training_file,
      validationFile: files.validation_file,
      webhook: endpoint?.id ?? "",
    },
    request: { model: BASE, ...files, method: supervised(BANKING) },
  };
}

/** Takes what webhooks send, for as long as it is open. */
export function receiveWebhooks(): Disposable {
  const receiver = createServer((request, response) => {
    request.resume();
    response.end();
  }).listen(HOOK_PORT, "127.0.0.1");
  return { [Symbol.dispose]: () => void receiver.close() };
}

export async function addPeople(server: Server): Promise<void> {
  const admin = adminOf(server);
  const [first] = await admin.projects.list();
  if (!first) throw new Error("A new server has a project.");
  for (const name of ["Website chat", "Phone menu"]) await admin.projects.createKey(first.id, name);
  const search = await admin.projects.create("Search team");
  await admin.projects.createKey(search.id, "Search backend");
  await clientOf(server).webhooks.create({
    name: "Release bot",
    url: `http://127.0.0.1:${HOOK_PORT}/perennial`,
    event_types: ["fine_tuning.job.succeeded", "fine_tuning.job.failed", "perennial.lifecycle.notice"],
    enabled: true,
  });
}

const dayIn = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10);

/** The older base ends; its successor stays. */
export async function planDates(server: Server): Promise<void> {
  const { lifecycle } = adminOf(server);
  const document = JSON.stringify({
    note: "smollm2 answers better and is as fast",
    models: [
      {
        id: OLD_BASE,
        training_ends_at: dayIn(12),
        shutdown_at: dayIn(47),
        successor: BASE,
        reason: "Replaced by SmolLM2",
      },
    ],
    accept: ["hits_nobody"],
  });
  await lifecycle.apply(document, (await lifecycle.plan(document)).hash);
}

/** Who asks which model how often. */
export async function callersOf(server: Server, tuned: string): Promise<readonly Caller[]> {
  const admin = adminOf(server);
  const organizationId = (await clientOf(server).jobs.list().next()).value?.organization_id ?? "";
  const projects = await admin.projects.list();
  const keys = await Promise.all(
    projects.map(async ({ id }) =>
      (await admin.projects.listKeys(id)).map((key) => ({ ...key, projectId: id })),
    ),
  );
  const callerOf = (name: string, model: string, requestsADay: number): Caller => {
    const key = keys.flat().find((one) => one.name === name);
    if (!key) throw new Error(`There is no key ${name}.`);
    return { organizationId, projectId: key.projectId, keyId: key.id, base: BASE, model, requestsADay };
  };
  return [
    callerOf("Website chat", tuned, 90),
    callerOf("Phone menu", tuned, 40),
    callerOf("Website chat", BASE, 25),
    callerOf("Search backend", BASE, 30),
  ];
}
