import { z } from "zod";

/**
 * The file contract between the control plane and the trainer (`docs/reference/trainer-contract.md`).
 * A job's directory holds `spec.json` (written once by the control plane) and `journal.jsonl` (appended only by
 * the trainer, one event a line). Both sides test on `contract/fixtures/`.
 */

export const Auto = z.literal("auto");
const autoOr = <T extends z.ZodType>(type: T) => z.union([Auto, type]);

export const Method = z.enum(["supervised", "dpo"]);
export type Method = z.infer<typeof Method>;

/** The linear layers of a decoder block that an adapter can change. */
export const LoraTarget = z.enum([
  "q_proj",
  "k_proj",
  "v_proj",
  "o_proj",
  "gate_proj",
  "up_proj",
  "down_proj",
]);

/** What OpenAI does not have; each is left to the trainer's default unless it is given. */
const extraHyperparameters = {
  /** The peak; in place of the one that `learning_rate_multiplier` scales. */
  learning_rate: z.number().positive().max(1),
  lora_r: z.int().min(1).max(256),
  lora_alpha: z.number().positive().max(1024),
  lora_dropout: z.number().min(0).max(0.9),
  lora_target_modules: z.union([z.literal("all-linear"), z.array(LoraTarget).min(1).max(7)]),
  /** Share of the steps over which the learning rate rises. */
  warmup_ratio: z.number().min(0).max(1),
  lr_scheduler: z.enum(["linear", "cosine", "constant"]),
  weight_decay: z.number().min(0).max(1),
  /** 0: gradients are not clipped. */
  max_grad_norm: z.number().min(0).max(1000),
  /** Tokens; longer rows are cut at their end. At most the base's own. */
  context_length: z.int().min(16),
  /** false: one row at a time, nothing shared; the numbers are the same. */
  packing: z.boolean(),
  /** "nf4" needs CUDA. */
  quantization: z.enum(["none", "nf4"]),
};

const optionalExtras = z.object(extraHyperparameters).partial();

export const TrainingHyperparameters = z.object({
  n_epochs: autoOr(z.int().min(1).max(50)),
  batch_size: autoOr(z.int().min(1).max(256)),
  learning_rate_multiplier: autoOr(z.number().positive()),
  /** DPO alone: how much a departure from the reference model costs. */
  beta: autoOr(z.number().positive().max(2)).optional(),
  ...optionalExtras.shape,
});
export type TrainingHyperparameters = z.infer<typeof TrainingHyperparameters>;

/** Every number that the training goes by, defaults included. */
export const ResolvedHyperparameters = z.object({
  n_epochs: z.int(),
  batch_size: z.int(),
  learning_rate_multiplier: z.number(),
  beta: z.number().optional(),
  ...optionalExtras.shape,
});
export type ResolvedHyperparameters = z.infer<typeof ResolvedHyperparameters>;

/** `spec.json`. Every path is absolute. */
export const TrainingSpec = z.object({
  version: z.literal(1),
  job_id: z.string(),
  method: Method,
  base: z.object({
    id: z.string(),
    /** Folder in Hugging Face's layout: config.json, model.safetensors, tokenizer.json, chat_template.jinja. */
    path: z.string(),
    context_length: z.int(),
  }),
  /** PEFT adapter folder to continue from; null: a fresh adapter. */
  adapter: z.string().nullable(),
  training_file: z.string(),
  validation_file: z.string().nullable(),
  hyperparameters: TrainingHyperparameters,
  seed: z.int().min(0).max(2147483647),
  /** Weights & Biases, by its own Python package; null or absent: not used. */
  wandb: z
    .object({
      project: z.string(),
      name: z.string().nullable(),
      entity: z.string().nullable(),
      tags: z.array(z.string()),
    })
    .nullish(),
});
export type TrainingSpec = z.infer<typeof TrainingSpec>;

const metrics = {
  step: z.int(),
  train_loss: z.number(),
  /** DPO: the share of pairs whose preferred answer has gained more on the reference than the other. */
  train_mean_token_accuracy: z.number(),
  /** DPO alone: means over the batch of beta times what the answers' ln p has gained on the reference. */
  train_preferred_reward: z.number().optional(),
  train_non_preferred_reward: z.number().optional(),
  valid_loss: z.number().optional(),
  valid_mean_token_accuracy: z.number().optional(),
  full_valid_loss: z.number().optional(),
  full_valid_mean_token_accuracy: z.number().optional(),
};
export const StepMetrics = z.object(metrics);
export type StepMetrics = z.infer<typeof StepMetrics>;

const at = { time: z.number() };

/** One line of `journal.jsonl`; `time` is unix seconds. Unknown fields and unknown types are skipped by readers. */
export const JournalEvent = z.discriminatedUnion("type", [
  /** A process began; `resumed_from_step` is 0 unless it goes on from a checkpoint. */
  z.object({
    type: z.literal("started"),
    ...at,
    pid: z.int(),
    resumed_from_step: z.int(),
    /** Of the trainer, Python and the packages that matter; older trainers told none. */
    versions: z.record(z.string(), z.string()).optional(),
  }),
  /** The data is read: "auto" has become numbers. Token counts are of the user's rows, prompts included. */
  z.object({
    type: z.literal("resolved"),
    ...at,
    hyperparameters: ResolvedHyperparameters,
    learning_rate: z.number(),
    total_steps: z.int(),
    examples: z.int(),
    tokens_per_epoch: z.int(),
    /** Rows longer than the context, cut at their end, and the tokens that this leaves out. */
    truncated_examples: z.int(),
    truncated_tokens: z.int().default(0),
    /** Rows of which nothing is learned: none of their answers is left within the context. */
    untaught_examples: z.int().default(0),
  }),
  /** After each optimizer step. `tokens`: dataset tokens done so far in the job; `seconds`: spent in this process's loop. */
  z.object({
    type: z.literal("step"),
    ...at,
    ...metrics,
    total_steps: z.int(),
    tokens: z.int(),
    seconds: z.number(),
  }),
  /** `path` (relative to the job's directory) is complete: PEFT adapter, GGUF adapter, state to resume from. */
  z.object({ type: z.literal("checkpoint"), ...at, ...metrics, epoch: z.int(), path: z.string() }),
  z.object({ type: z.literal("heartbeat"), ...at, stage: z.string() }),
  /** Something that people should know and that does not end the job, such as a smaller micro-batch after a lack of memory. */
  z.object({ type: z.literal("warning"), ...at, code: z.string(), message: z.string() }),
  /** `adapter/` is complete, `fidelity` names the file of held-back rows and the trainer's own log-probabilities. */
  z.object({
    type: z.literal("finished"),
    ...at,
    adapter: z.string(),
    fidelity: z.string(),
    trained_tokens: z.int(),
    train_seconds: z.number(),
    peak_memory_bytes: z.int(),
  }),
  /** Asked by the file `pause`: the step is done, its checkpoint (`checkpoints/step-N`) complete, the process ends. */
  z.object({ type: z.literal("paused"), ...at, step: z.int() }),
  /** Asked to stop by SIGTERM or the file `stop`, and did. */
  z.object({ type: z.literal("stopped"), ...at, step: z.int() }),
  /** The end: going on would fail the same way. A crash writes nothing, and is tried again. */
  z.object({
    type: z.literal("error"),
    ...at,
    code: z.string(),
    message: z.string(),
    param: z.string().nullable(),
  }),
]);
export type JournalEvent = z.infer<typeof JournalEvent>;

/** `fidelity.json`: what the trainer itself answers, for the engine to be held against. */
export const FidelityProbe = z.object({
  rows: z.array(
    z.object({
      /** The row's messages up to the last trained assistant message, as rendered by the engine's chat template. */
      messages: z.array(z.looseObject({ role: z.string() })),
      tools: z.array(z.looseObject({})).nullable(),
      /** Token ids of the prompt, generation prompt included. */
      prompt_tokens: z.array(z.int()),
      /** Token ids of the answer (at most 24), and ln p of each under the tuned and under the base model. */
      answer_tokens: z.array(z.int()),
      logprobs: z.array(z.number()),
      base_logprobs: z.array(z.number()),
    }),
  ),
});
export type FidelityProbe = z.infer<typeof FidelityProbe>;
