import { randomInt } from "node:crypto";
import type { NamedPage, Page } from "../../contract/common.ts";
import { Refusal } from "../../contract/errors.ts";
import type { CreateJob, FineTuningJob, JobCheckpoint, JobEvent } from "../../contract/fine-tuning.ts";
import type { Method } from "../../contract/training.ts";
import type { Clock } from "../platform/clock.ts";
import { newJobId } from "../platform/ids.ts";
import { message, presentCheckpoint, presentEvent, presentJob, withAutos } from "./job.ts";
import type { JobRow, JobStore, MetadataFilter, NewJob } from "./job-store.ts";

type Owner = { projectId: string; organizationId: string; organizationSlug: string };

/** What a job trains: a base, or the adapter of a tuned model to go on from. */
type Trainable = { baseModel: string; parentAdapter: string | null };

type Needs = {
  store: JobStore;
  now: Clock;
  /** null: no such model in the project. */
  findTrainable: (projectId: string, model: string) => Promise<Trainable | null>;
  findFile: (projectId: string, id: string, param: string) => Promise<{ id: string; purpose: string }>;
  /** Gives the job its own copies of its files. */
  prepareFolder: (jobId: string, files: { training: string; validation: string | null }) => Promise<void>;
  onCreated: () => void;
  onCancelled: (jobId: string) => void;
};

const noSuchJob = (id: string, param = "fine_tune_id") =>
  new Refusal("fine_tune_not_found", `Could not find fine tune: ${id}`, param);

function assertSupported(request: CreateJob): void {
  const type = request.method?.type ?? "supervised";
  if (type === "reinforcement") {
    const text = "Method 'reinforcement' is not available on this server yet; 'supervised' and 'dpo' are.";
    throw new Refusal("unsupported_parameter", text, "method.type");
  }
  for (const other of ["supervised", "dpo", "reinforcement"] as const) {
    if (other === type || !request.method?.[other]) continue;
    const text = `The method is '${type}', which '${other}' says nothing about; leave it out.`;
    throw new Refusal("unsupported_parameter", text, `method.${other}`);
  }
  if (request.integrations?.length) {
    const text = `Integration '${request.integrations[0]?.type}' is not available on this server; leave 'integrations' out.`;
    throw new Refusal("unsupported_parameter", text, "integrations");
  }
  if (request.hyperparameters && type === "dpo") {
    const text = "With the method 'dpo' the hyperparameters belong into 'method.dpo'.";
    throw new Refusal("invalid_request", text, "hyperparameters");
  }
  if (request.hyperparameters && request.method?.supervised?.hyperparameters) {
    const text =
      "Give the hyperparameters once: in 'method.supervised' or, the older form, at the top level.";
    throw new Refusal("invalid_request", text, "hyperparameters");
  }
}

function methodOf(request: CreateJob): Method {
  return request.method?.type === "dpo" ? "dpo" : "supervised";
}

export function createJobs(needs: Needs) {
  const { store, now } = needs;

  async function getRow(projectId: string, id: string, param?: string): Promise<JobRow> {
    const row = await store.findJob(projectId, id);
    if (!row) throw noSuchJob(id, param);
    return row;
  }

  async function assertFile(projectId: string, id: string, param: "training_file" | "validation_file") {
    const file = await needs.findFile(projectId, id, param);
    if (file.purpose === "fine-tune") return;
    const text = `File ${id} was uploaded with the purpose '${file.purpose}'; upload it with the purpose 'fine-tune'.`;
    throw new Refusal("invalid_request", text, param);
  }

  async function assertFiles(projectId: string, request: CreateJob) {
    await assertFile(projectId, request.training_file, "training_file");
    if (!request.validation_file) return;
    if (request.validation_file === request.training_file) {
      throw new Refusal(
        "invalid_request",
        "The validation file must differ from the training file.",
        "validation_file",
      );
    }
    await assertFile(projectId, request.validation_file, "validation_file");
  }

  async function trainableOf(projectId: string, model: string): Promise<Trainable> {
    const found = await needs.findTrainable(projectId, model);
    if (found) return found;
    const text = `Model ${model} is not available for fine-tuning or does not exist.`;
    throw new Refusal("model_not_available", text);
  }

  async function create(owner: Owner, request: CreateJob): Promise<FineTuningJob> {
    assertSupported(request);
    const trainable = await trainableOf(owner.projectId, request.model);
    await assertFiles(owner.projectId, request);
    const job = newJob(owner, request, trainable, now());
    await needs.prepareFolder(job.id, { training: job.training_file, validation: job.validation_file });
    await store.insertJob(job, firstEvents(job));
    needs.onCreated();
    return presentJob(await getRow(owner.projectId, job.id));
  }

  async function list(projectId: string, page: { limit: number; after?: string }, metadata: MetadataFilter) {
    const after = page.after === undefined ? null : await getRow(projectId, page.after, "after");
    const rows = await store.listJobs(
      projectId,
      { limit: page.limit, beforeSeq: after?.seq ?? null },
      metadata,
    );
    return pageOf(rows, page.limit, presentJob);
  }

  async function cancel(projectId: string, id: string): Promise<FineTuningJob> {
    const job = await getRow(projectId, id);
    const patch = { finished_at: now(), estimated_finish: null };
    const moved = await store.moveJob(id, "cancelled", patch, [message("The job has been cancelled")], now());
    if (!moved) {
      const { status } = await getRow(projectId, id);
      throw new Refusal(
        "job_already_ended",
        `Job ${id} is already ${status}: it cannot be cancelled.`,
        "fine_tune_id",
      );
    }
    needs.onCancelled(job.id);
    return presentJob(await getRow(projectId, id));
  }

  async function listEvents(
    projectId: string,
    id: string,
    page: { limit: number; after?: string },
  ): Promise<Page<JobEvent>> {
    await getRow(projectId, id);
    const after = page.after === undefined ? null : await store.findEvent(id, page.after);
    if (after === undefined)
      throw new Refusal("invalid_value", `No event ${page.after} in job ${id}.`, "after");
    const rows = await store.listEvents(id, { limit: page.limit, beforeSeq: after?.seq ?? null });
    return pageOf(rows, page.limit, presentEvent);
  }

  async function listCheckpoints(
    projectId: string,
    id: string,
    page: { limit: number; after?: string },
  ): Promise<NamedPage<JobCheckpoint>> {
    await getRow(projectId, id);
    const all = await store.listCheckpoints(id);
    const start = page.after === undefined ? 0 : all.findIndex((row) => row.id === page.after) + 1;
    if (page.after !== undefined && start === 0) {
      throw new Refusal("invalid_value", `No checkpoint ${page.after} in job ${id}.`, "after");
    }
    const { data, ...rest } = pageOf(all.slice(start), page.limit, presentCheckpoint);
    return { ...rest, data, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
  }

  return {
    create,
    list,
    cancel,
    listEvents,
    listCheckpoints,
    get: async (projectId: string, id: string) => presentJob(await getRow(projectId, id)),
  };
}
export type Jobs = ReturnType<typeof createJobs>;

function pageOf<Row, Shown>(rows: readonly Row[], limit: number, present: (row: Row) => Shown): Page<Shown> {
  return { object: "list", data: rows.slice(0, limit).map(present), has_more: rows.length > limit };
}

const firstEvents = (job: NewJob) => {
  const validation = job.validation_file ? ` and validation file: ${job.validation_file}` : "";
  return [
    message(`Created fine-tuning job: ${job.id}`),
    message(`Validating training file: ${job.training_file}${validation}`),
  ];
};

function newJob(owner: Owner, request: CreateJob, trainable: Trainable, now: number): NewJob {
  const method = methodOf(request);
  const asked = request.method?.[method]?.hyperparameters ?? request.hyperparameters;
  return {
    id: newJobId(),
    project_id: owner.projectId,
    organization_id: owner.organizationId,
    owner_slug: owner.organizationSlug,
    created_at: now,
    model: request.model,
    base_model: trainable.baseModel,
    parent_adapter: trainable.parentAdapter,
    training_file: request.training_file,
    validation_file: request.validation_file ?? null,
    suffix: request.suffix ?? null,
    seed: request.seed ?? randomInt(2_147_483_647),
    hyperparameters: JSON.stringify(withAutos(method, asked)),
    method,
    integrations: "[]",
    paused_at: null,
    idempotency_key: null,
    request_hash: null,
    metadata: request.metadata ? JSON.stringify(request.metadata) : null,
    status: "validating_files",
    error: null,
    fine_tuned_model: null,
    finished_at: null,
    estimated_finish: null,
    trained_tokens: null,
    total_steps: null,
    result_file: null,
  };
}
