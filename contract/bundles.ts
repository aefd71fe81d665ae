import { z } from "zod";
import { Metadata } from "./common.ts";
import { Method, ResolvedHyperparameters, StepMetrics, TrainingHyperparameters } from "./training.ts";

/** What `perennial models export` writes: a tuned model with all that was needed to make it. */
export const BUNDLE_FORMAT = "perennial.model_bundle";
export const BUNDLE_VERSION = 1;

/** What an import takes; a merged model in a bundle stays where it is. */
export const MAX_BUNDLE_BYTES = 8 * 1024 ** 3;
export const MAX_BUNDLE_FILES = 1000;

/** `ft:{base}:{owner}:{suffix or empty}:{tail}`, and the step of a checkpoint. */
export const TunedModelName = z
  .string()
  .max(300)
  .regex(
    /^ft:[a-z0-9][a-z0-9._-]*:[a-z0-9-]{1,40}:[A-Za-z0-9_-]{0,64}:[A-Za-z0-9]{1,32}(:ckpt-step-\d{1,9})?$/,
    "expected the name of a tuned model, such as ft:base:owner:suffix:Ab12Cd34",
  );

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, "expected a SHA-256 sum in hexadecimal");
const unixTime = z.int().min(0);

export const BundleFile = z.object({
  name: z.string().max(200),
  bytes: z.int().min(0),
  sha256: Sha256,
});
export type BundleFile = z.infer<typeof BundleFile>;

/** The base that the adapter belongs to. null: it was not on the server any more, and nobody had noted it. */
export const BundleBase = z.object({
  id: z.string().max(200),
  license: z.string().nullable(),
  parameters: z.int().nullable(),
  context_length: z.int().nullable(),
  /** Of the file that the base was made from, and of the one that is served. */
  source_sha256: Sha256.nullable(),
  gguf: z.object({ bytes: z.int(), sha256: Sha256 }).nullable(),
});
export type BundleBase = z.infer<typeof BundleBase>;

const DataFile = z.object({ file_id: z.string(), bytes: z.int(), sha256: Sha256 });

/** How to train it again. */
export const BundleRecipe = z.object({
  method: Method,
  seed: z.int(),
  /** As asked for, and as it was trained; null: a job from before that was noted. */
  hyperparameters: TrainingHyperparameters,
  resolved_hyperparameters: ResolvedHyperparameters.nullable(),
  /** What was trained on; null: there was none, or it is not there any more. */
  training_data: DataFile.nullable(),
  validation_data: DataFile.nullable(),
  /** The tuned models that it goes on from, the nearest first. */
  parents: z.array(z.object({ model: z.string(), job_id: z.string().nullable() })).max(100),
  /** Of the packages that it was trained with, as far as they were noted. */
  versions: z.record(z.string(), z.string()),
});
export type BundleRecipe = z.infer<typeof BundleRecipe>;

/** The job that trained it, on the installation where that was. */
export const BundleJob = z.object({
  id: z.string(),
  created_at: unixTime,
  finished_at: unixTime.nullable(),
  suffix: z.string().nullable(),
  metadata: Metadata.nullable(),
  trained_tokens: z.int().nullable(),
});
export type BundleJob = z.infer<typeof BundleJob>;

/** What is known of the model itself, wherever it is. */
export const BundleFacts = z.object({
  model: TunedModelName,
  created_at: unixTime,
  base: BundleBase,
  recipe: BundleRecipe,
  job: BundleJob,
  /** Of the last step. */
  metrics: StepMetrics.nullable(),
});
export type BundleFacts = z.infer<typeof BundleFacts>;

/** `perennial.json`, the first file of a bundle. `files` names all the others but SHA256SUMS. */
export const BundleManifest = BundleFacts.extend({
  format: z.literal(BUNDLE_FORMAT),
  version: z.literal(BUNDLE_VERSION),
  made_by: z.object({ perennial: z.string() }),
  files: z.array(BundleFile).max(MAX_BUNDLE_FILES),
});
export type BundleManifest = z.infer<typeof BundleManifest>;

export const MergedForm = z.enum(["gguf", "safetensors"]);
export type MergedForm = z.infer<typeof MergedForm>;

/** The query of an export. */
export const ExportModel = z.strictObject({
  merged: MergedForm.optional(),
  training_data: z
    .enum(["true", "false"])
    .default("true")
    .transform((text) => text === "true"),
});
export type ExportModel = z.infer<typeof ExportModel>;

/** What `POST /v1/perennial/models/import` answers. */
export const ModelImport = z.object({
  object: z.literal("perennial.model_import"),
  /** The model's name, as it was where it comes from. */
  id: z.string(),
  base_model: z.string(),
  created: z.int(),
  /** The very same model was there already. */
  was_there: z.boolean(),
});
export type ModelImport = z.infer<typeof ModelImport>;

/** What `python -m trainer.merge` prints. */
export const MergeAnswer = z.union([
  z.object({ merged: z.object({ files: z.int(), bytes: z.int() }) }),
  z.object({ error: z.object({ code: z.string(), message: z.string() }) }),
]);
export type MergeAnswer = z.infer<typeof MergeAnswer>;
