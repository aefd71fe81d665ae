import { Refusal } from "../../contract/errors.ts";
import type { CreateJob } from "../../contract/fine-tuning.ts";
import { noSuchJobFile } from "../files/files.ts";
import type { Clock } from "../platform/clock.ts";
import type { Inserted, InsertJob } from "./insert-job.ts";
import {
  asksForNf4,
  assertHyperparameters,
  assertSupported,
  firstEvents,
  hashRequest,
  methodOf,
  newJob,
  nf4Refusal,
  type Owner,
  type Trainable,
  wandbIn,
  wandbMissing,
} from "./job-request.ts";
import type { JobRow, JobStore, NewJob } from "./job-store.ts";

/** What the Python that trains can do. */
export type TrainerAbilities = {
  /** Its path, for the sentence that says how to install what is missing. */
  readonly python: string;
  hasPackage(name: string): Promise<boolean>;
  hasCuda(): Promise<boolean>;
};

export type CreateJobNeeds = {
  store: JobStore;
  insertJob: InsertJob;
  now: Clock;
  abilities: TrainerAbilities;
  /** Jobs of one project that may wait. */
  mostWaiting: number;
  /** null: no such model in the project. */
  findTrainable: (projectId: string, model: string) => Promise<Trainable | null>;
  /** Names of the bases that there are, whoever may train on them. */
  baseNames: readonly string[];
  /** Refuses where training has ended for this owner, this base or this method. */
  assertMayTrain: (
    owner: Owner,
    training: { base: string; method: string; model: string; isTuned: boolean },
  ) => Promise<void>;
  findFile: (projectId: string, id: string) => Promise<{ purpose: string } | null>;
  /** Gives the job its own copies of its files. */
  prepareFolder: (jobId: string, files: { training: string; validation: string | null }) => Promise<void>;
  removeFolder: (jobId: string) => Promise<void>;
  onCreated: () => void;
};

const keyReused = (key: string) =>
  new Refusal(
    "idempotency_key_reused",
    `The idempotency key '${key}' belongs to a job with other parameters. Send the same request again, or a new key.`,
    "Idempotency-Key",
  );

const tooMany = (limit: number) =>
  new Refusal(
    "too_many_jobs",
    `${limit} jobs of this project wait already, and no more may (PERENNIAL_PROJECT_WAITING_JOBS). Wait until one has started, or cancel one.`,
  );

const notTrainable = (model: string, bases: readonly string[]) => {
  const others = bases.length
    ? `Base models on this server: ${bases.join(", ")}.`
    : "This server has no base model yet; docs/guide/base-models.md says how it gets one.";
  const text = `Model ${model} is not available for fine-tuning or does not exist. ${others}`;
  return new Refusal("model_not_available", text);
};

const asksTheSame = ({ request_hash }: JobRow, request: CreateJob) => request_hash === hashRequest(request);

export function createCreateJob(needs: CreateJobNeeds) {
  const { store, now, abilities } = needs;

  async function assertFile(projectId: string, id: string, param: "training_file" | "validation_file") {
    const file = await needs.findFile(projectId, id);
    if (!file) throw noSuchJobFile(id, param);
    if (file.purpose === "fine-tune") return;
    const text = `File ${id} was uploaded with the purpose '${file.purpose}'; upload it with the purpose 'fine-tune'.`;
    throw new Refusal("invalid_request", text, param);
  }

  async function assertFiles(projectId: string, request: CreateJob) {
    await assertFile(projectId, request.training_file, "training_file");
    if (!request.validation_file) return;
    if (request.validation_file === request.training_file) {
      const text = "The validation file must differ from the training file.";
      throw new Refusal("invalid_request", text, "validation_file");
    }
    await assertFile(projectId, request.validation_file, "validation_file");
  }

  async function trainableOf(projectId: string, model: string): Promise<Trainable> {
    const found = await needs.findTrainable(projectId, model);
    if (found) return found;
    throw notTrainable(model, needs.baseNames);
  }

  /** What is asked of the trainer's Python; only these look at it. */
  async function assertAble(request: CreateJob) {
    if (asksForNf4(request) && !(await abilities.hasCuda())) throw nf4Refusal(request);
    if (wandbIn(request) && !(await abilities.hasPackage("wandb"))) throw wandbMissing(abilities.python);
  }

  /** The job that this key made before; a key that came with another request is refused. */
  async function findEarlier(owner: Owner, request: CreateJob, key: string | null): Promise<JobRow | null> {
    const row = key === null ? undefined : await store.findByKey(owner.projectId, key);
    if (!row || key === null) return null;
    if (!asksTheSame(row, request)) throw keyReused(key);
    return row;
  }

  /** A job that is not kept leaves no folder, whose data would outlive its files. */
  async function insert(job: NewJob): Promise<Inserted> {
    await needs.prepareFolder(job.id, { training: job.training_file, validation: job.validation_file });
    let outcome: Inserted | null = null;
    try {
      outcome = await needs.insertJob(job, firstEvents(job), needs.mostWaiting);
      return outcome;
    } finally {
      if (outcome !== "kept") await needs.removeFolder(job.id);
    }
  }

  async function keep(job: NewJob): Promise<boolean> {
    const outcome = await insert(job);
    if (outcome === "kept") return true;
    if (outcome === "full") throw tooMany(needs.mostWaiting);
    if (outcome === "orphan") throw notTrainable(job.model, needs.baseNames);
    return false;
  }

  /** The job that is asked for, kept nowhere yet; what cannot be trained is refused. */
  async function planJob(owner: Owner, request: CreateJob, key: string | null): Promise<NewJob> {
    assertSupported(request);
    const trainable = await trainableOf(owner.projectId, request.model);
    await needs.assertMayTrain(owner, {
      base: trainable.baseModel,
      method: methodOf(request),
      model: request.model,
      isTuned: trainable.parentAdapter !== null,
    });
    assertHyperparameters(request, trainable);
    await assertFiles(owner.projectId, request);
    await assertAble(request);
    return newJob({ owner, request, trainable, key, now: now() });
  }

  /** The id of the new job, or of the one that the same key made before. */
  async function createJob(owner: Owner, request: CreateJob, key: string | null): Promise<string> {
    const earlier = await findEarlier(owner, request, key);
    if (earlier) return earlier.id;
    const job = await planJob(owner, request, key);
    if (await keep(job)) {
      needs.onCreated();
      return job.id;
    }
    const first = await findEarlier(owner, request, key);
    if (!first) throw new Error(`Job ${job.id} was not kept and no other has its key.`);
    return first.id;
  }

  return { planJob, createJob };
}
