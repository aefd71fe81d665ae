import { createHash, randomInt } from "node:crypto";
import { z } from "zod";
import { Refusal } from "../../contract/errors.ts";
import { type CreateJob, type DpoHyperparameters, WandbIntegration } from "../../contract/fine-tuning.ts";
import { LoraTarget, type Method } from "../../contract/training.ts";
import { newJobId } from "../platform/ids.ts";
import { parse } from "../platform/validation.ts";
import { message, withAutos } from "./job.ts";
import type { NewJob } from "./job-store.ts";

export type Owner = { projectId: string; organizationId: string; organizationSlug: string };

/** What a job trains: a base, or the adapter of a tuned model to go on from. */
export type Trainable = {
  readonly baseModel: string;
  readonly contextLength: number;
  readonly parentAdapter: string | null;
  /** Of the adapter to go on from, as far as it says. */
  readonly shape: {
    readonly lora_r: number;
    readonly lora_alpha: number;
    readonly layers: readonly string[] | null;
  } | null;
};

export const methodOf = (request: CreateJob): Method =>
  request.method?.type === "dpo" ? "dpo" : "supervised";

function assertMethod(request: CreateJob): void {
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
}

function assertGivenOnce(request: CreateJob): void {
  if (!request.hyperparameters) return;
  if (methodOf(request) === "dpo") {
    const text = "With the method 'dpo' the hyperparameters belong into 'method.dpo'.";
    throw new Refusal("invalid_request", text, "hyperparameters");
  }
  if (request.method?.supervised?.hyperparameters) {
    const text =
      "Give the hyperparameters once: in 'method.supervised' or, the older form, at the top level.";
    throw new Refusal("invalid_request", text, "hyperparameters");
  }
}

/** The hyperparameters that were asked for, and the name of their place in the request. */
function hyperparametersIn(request: CreateJob): { asked: DpoHyperparameters; place: string } {
  const method = methodOf(request);
  const inMethod = request.method?.[method]?.hyperparameters;
  if (inMethod) return { asked: inMethod, place: `method.${method}.hyperparameters` };
  return { asked: request.hyperparameters ?? {}, place: "hyperparameters" };
}

export const asksForNf4 = (request: CreateJob): boolean =>
  hyperparametersIn(request).asked.quantization === "nf4";

export const nf4Refusal = (request: CreateJob): Refusal =>
  new Refusal(
    "unsupported_parameter",
    "Quantization 'nf4' needs an NVIDIA GPU with CUDA and a PyTorch built for it, which this server's trainer does not have; leave 'quantization' out or set it to 'none'.",
    `${hyperparametersIn(request).place}.quantization`,
  );

/** What its schema cannot know: values that do not go together, or not with what is trained. */
export function assertHyperparameters(request: CreateJob, trainable: Trainable): void {
  const { asked, place } = hyperparametersIn(request);
  if (asked.context_length !== undefined && asked.context_length > trainable.contextLength) {
    const text = `The context of ${trainable.baseModel} is ${trainable.contextLength} tokens; 'context_length' cannot be above that.`;
    throw new Refusal("invalid_value", text, `${place}.context_length`);
  }
  if (asked.learning_rate !== undefined && typeof asked.learning_rate_multiplier === "number") {
    const text =
      "Give 'learning_rate' or 'learning_rate_multiplier', not both: the first replaces the second.";
    throw new Refusal("invalid_value", text, `${place}.learning_rate`);
  }
  assertLayersOnce(request);
  const { shape } = trainable;
  if (shape) assertShape(request, shape);
}

function assertLayersOnce(request: CreateJob): void {
  const { asked, place } = hyperparametersIn(request);
  const layers = asked.lora_target_modules ?? [];
  if (layers === "all-linear" || new Set(layers).size === layers.length) return;
  const text = "'lora_target_modules' names a layer twice; name each once.";
  throw new Refusal("invalid_value", text, `${place}.lora_target_modules`);
}

const layerText = (layers: readonly string[]) =>
  LoraTarget.options.every((layer) => layers.includes(layer)) ? "all-linear" : layers.join(", ");

/** Training goes on in the adapter that is there, whose shape was set when it was made. */
function assertShape(request: CreateJob, { layers, ...shape }: NonNullable<Trainable["shape"]>): void {
  const { asked, place } = hyperparametersIn(request);
  const refuse = (name: string, own: string | number) => {
    const text = `Model ${request.model} was tuned with ${name} ${own}, and training goes on in its adapter; leave '${name}' out, or train from a base.`;
    throw new Refusal("invalid_value", text, `${place}.${name}`);
  };
  for (const name of ["lora_r", "lora_alpha"] as const) {
    if (asked[name] !== undefined && asked[name] !== shape[name]) refuse(name, shape[name]);
  }
  const wanted = asked.lora_target_modules;
  if (wanted === undefined || layers === null) return;
  const layersWanted = new Set<string>(wanted === "all-linear" ? LoraTarget.options : wanted);
  if (layersWanted.symmetricDifference(new Set(layers)).size > 0)
    refuse("lora_target_modules", layerText(layers));
}

const Integrations = z.object({ integrations: z.array(WandbIntegration) });

/** The wandb integration that was asked for; null: none. */
export function wandbIn(request: CreateJob): WandbIntegration | null {
  const asked = request.integrations ?? [];
  const other = asked.findIndex(({ type }) => type !== "wandb");
  if (other >= 0) {
    const text = `Integration '${asked[other]?.type}' is not available; 'wandb' is the only one.`;
    throw new Refusal("unsupported_parameter", text, `integrations[${other}].type`);
  }
  const { integrations } = parse(Integrations, { integrations: asked });
  if (integrations.length > 1) {
    throw new Refusal(
      "invalid_value",
      "A job writes to one run of wandb; give one integration.",
      "integrations",
    );
  }
  return integrations[0] ?? null;
}

export const wandbMissing = (python: string): Refusal =>
  new Refusal(
    "unsupported_parameter",
    `Integration 'wandb' needs the package wandb in the trainer's Python: install it with \`${python} -m pip install wandb\`, set WANDB_API_KEY for the server, then create the job again; or leave 'integrations' out.`,
    "integrations",
  );

/** As OpenAI shows it: the run carries the job's id. */
const shownWandb = ({ wandb }: WandbIntegration, jobId: string) => ({
  type: "wandb",
  wandb: {
    project: wandb.project,
    entity: wandb.entity ?? null,
    name: wandb.name ?? null,
    tags: wandb.tags ?? [],
    run_id: jobId,
  },
});

/** What is checked before anything is looked up. */
export function assertSupported(request: CreateJob): void {
  assertMethod(request);
  wandbIn(request);
  assertGivenOnce(request);
}

/** The same for every way to write the same request: keys in order, null as if left out. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value).filter(([, inner]) => inner !== null && inner !== undefined);
  return Object.fromEntries(
    fields.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, inner]) => [name, canonical(inner)]),
  );
}

export const hashRequest = (request: CreateJob): string =>
  createHash("sha256")
    .update(JSON.stringify(canonical(request)))
    .digest("hex");

export const firstEvents = (job: NewJob) => {
  const validation = job.validation_file ? ` and validation file: ${job.validation_file}` : "";
  return [
    message(`Created fine-tuning job: ${job.id}`),
    message(`Validating training file: ${job.training_file}${validation}`),
  ];
};

type Given = { owner: Owner; request: CreateJob; trainable: Trainable; key: string | null; now: number };

export function newJob({ owner, request, trainable, key, now }: Given): NewJob {
  const method = methodOf(request);
  const id = newJobId();
  const wandb = wandbIn(request);
  return {
    id,
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
    hyperparameters: JSON.stringify(withAutos(method, hyperparametersIn(request).asked)),
    method,
    integrations: JSON.stringify(wandb ? [shownWandb(wandb, id)] : []),
    paused_at: null,
    idempotency_key: key,
    request_hash: key === null ? null : hashRequest(request),
    metadata: request.metadata ? JSON.stringify(request.metadata) : null,
    status: "validating_files",
    error: null,
    fine_tuned_model: null,
    finished_at: null,
    estimated_finish: null,
    trained_tokens: null,
    total_steps: null,
    result_file: null,
    resolved_hyperparameters: null,
  };
}
