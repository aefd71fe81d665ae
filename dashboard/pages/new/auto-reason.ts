import type { JobEstimate } from "../../../contract/estimates.ts";
import { figure, whole } from "../../ui/format.ts";

type Facts = Pick<JobEstimate, "examples" | "hyperparameters" | "model">;

const few = 34;
const many = 8_333;
const rowsOf = (count: number) => `${whole(count)} ${count === 1 ? "row" : "rows"}`;
const epochsOf = (count: number) => `${count} ${count === 1 ? "epoch" : "epochs"}`;

function epochsReason({ examples, hyperparameters: { n_epochs } }: Facts): string {
  const auto = `auto = ${epochsOf(n_epochs)} because you have ${rowsOf(examples)}`;
  if (examples < few) return `${auto}; so few are seen more often.`;
  if (examples > many) return `${auto}; so many need be seen less often.`;
  return `${auto}.`;
}

function batchReason({ examples, hyperparameters: { batch_size } }: Facts): string {
  return `auto = ${batch_size} because you have ${rowsOf(examples)}: 0.2 % of them, from 1 to 256.`;
}

function rateReason({ model, hyperparameters: { learning_rate_multiplier, learning_rate } }: Facts): string {
  const rate = learning_rate === undefined ? "" : `, a learning rate of ${figure(learning_rate)}`;
  return `auto = ${learning_rate_multiplier}${rate}: what suits the size of ${model} and the batch.`;
}

/** Why a hyperparameter that was left to "auto" is what it is. */
export function autoReason(name: string, facts: Facts): string {
  if (name === "n_epochs") return epochsReason(facts);
  if (name === "batch_size") return batchReason(facts);
  if (name === "learning_rate_multiplier") return rateReason(facts);
  if (name === "beta") return `auto = ${facts.hyperparameters.beta}, what the method's authors use.`;
  const value: unknown = Reflect.get(facts.hyperparameters, name);
  if (value === undefined || value === null) return "";
  return `unless given: ${typeof value === "number" ? figure(value) : String(value)}.`;
}
