import type { z } from "zod";
import { type Method, TrainingHyperparameters } from "../../../contract/training.ts";

type Name = keyof typeof TrainingHyperparameters.shape;

export type HyperparameterField = {
  readonly name: Name;
  readonly label: string;
  /** What may be given; said beside the input, and again where something else was. */
  readonly takes: string;
  /** What it is, for who has never set it. */
  readonly means?: string;
  /** Where the method is another one, it means nothing. */
  readonly onlyFor?: Method;
  readonly options?: readonly string[];
  /** Shown only to who asks for more. */
  readonly isExtra?: true;
};

export const HYPERPARAMETERS: readonly HyperparameterField[] = [
  {
    name: "n_epochs",
    label: "Epochs",
    takes: "a whole number from 1 to 50",
    means: "How often the model goes through all rows.",
  },
  {
    name: "batch_size",
    label: "Batch size",
    takes: "a whole number from 1 to 256",
    means: "How many rows it learns from at each step.",
  },
  {
    name: "learning_rate_multiplier",
    label: "Learning rate multiplier",
    takes: "a number above 0",
    means: "How far each step changes the model; 2 is twice as far as usual.",
  },
  {
    name: "beta",
    label: "Beta",
    takes: "a number above 0, at most 2",
    means: "How close the model stays to what it was.",
    onlyFor: "dpo",
  },
  { name: "learning_rate", label: "Learning rate", takes: "a number above 0, at most 1", isExtra: true },
  { name: "lora_r", label: "LoRA rank", takes: "a whole number from 1 to 256", isExtra: true },
  { name: "lora_alpha", label: "LoRA alpha", takes: "a number above 0, at most 1024", isExtra: true },
  { name: "lora_dropout", label: "LoRA dropout", takes: "a number from 0 to 0.9", isExtra: true },
  { name: "warmup_ratio", label: "Warm-up", takes: "a share of the steps, from 0 to 1", isExtra: true },
  {
    name: "lr_scheduler",
    label: "Learning rate schedule",
    takes: "how the rate falls after the warm-up",
    options: ["linear", "cosine", "constant"],
    isExtra: true,
  },
  { name: "weight_decay", label: "Weight decay", takes: "a number from 0 to 1", isExtra: true },
  { name: "max_grad_norm", label: "Largest gradient", takes: "a number from 0 to 1000", isExtra: true },
  {
    name: "context_length",
    label: "Context length",
    takes: "tokens, at least 16; longer rows are cut",
    isExtra: true,
  },
];

/** Its name for people, where it has one. */
export const labelOf = (name: string): string =>
  HYPERPARAMETERS.find((field) => field.name === name)?.label ??
  name.replaceAll("_", " ").replace(/^lora\b/, "LoRA");

export const isFor = ({ onlyFor }: HyperparameterField, method: Method): boolean =>
  onlyFor === undefined || onlyFor === method;

/** As the contract reads it; undefined: it takes no such value. */
export function readValue({ name, options }: HyperparameterField, text: string): unknown {
  const schema: z.ZodType = TrainingHyperparameters.shape[name];
  const parsed = schema.safeParse(options ? text : Number(text));
  return parsed.success ? parsed.data : undefined;
}
