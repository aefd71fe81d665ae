import assert from "node:assert/strict";
import { test } from "node:test";
import { ChatRequest } from "../../contract/chat.ts";
import { Refusal } from "../../contract/errors.ts";
import { CreateJob } from "../../contract/fine-tuning.ts";
import { parse } from "./validation.ts";

const job = { model: "m", training_file: "file-1" };

const cases: [unknown, string, string, string][] = [
  [
    { model: "m" },
    "training_file",
    "missing_required_parameter",
    "Missing required parameter: 'training_file'.",
  ],
  [
    { ...job, model: 3 },
    "model",
    "invalid_type",
    "Invalid type for 'model': expected a string, but got an integer instead.",
  ],
  [{ ...job, colour: 1 }, "colour", "unknown_parameter", "Unknown parameter: 'colour'."],
  [
    { ...job, seed: 1.5 },
    "seed",
    "invalid_type",
    "Invalid type for 'seed': expected an integer, but got a decimal instead.",
  ],
  [
    { ...job, seed: "1" },
    "seed",
    "invalid_type",
    "Invalid type for 'seed': expected an integer, but got a string instead.",
  ],
  [
    { ...job, seed: -1 },
    "seed",
    "integer_below_min_value",
    "Invalid 'seed': integer below minimum value. Expected a value >= 0, but got -1 instead.",
  ],
  [
    { ...job, suffix: "a b" },
    "suffix",
    "invalid_value",
    "Invalid value for 'suffix': use letters, digits, '-' and '_'.",
  ],
  [
    { ...job, hyperparameters: { n_epochs: "many" } },
    "hyperparameters.n_epochs",
    "invalid_value",
    "Invalid value for 'hyperparameters.n_epochs': expected 'auto' or an integer.",
  ],
  [
    { ...job, hyperparameters: { learning_rate_multiplier: "low" } },
    "hyperparameters.learning_rate_multiplier",
    "invalid_value",
    "Invalid value for 'hyperparameters.learning_rate_multiplier': expected 'auto' or a decimal.",
  ],
  [
    { ...job, method: { type: "supervised", supervised: { hyperparameters: { lr: 1 } } } },
    "method.supervised.hyperparameters.lr",
    "unknown_parameter",
    "Unknown parameter: 'method.supervised.hyperparameters.lr'.",
  ],
  [
    { ...job, metadata: { a: 1 } },
    "metadata.a",
    "invalid_type",
    "Invalid type for 'metadata.a': expected a string, but got an integer instead.",
  ],
  [
    { ...job, metadata: { ["k".repeat(65)]: "v" } },
    `metadata.${"k".repeat(65)}`,
    "invalid_value",
    `Invalid value for 'metadata.${"k".repeat(65)}': a key has at most 64 characters.`,
  ],
];

const chat = { model: "m", messages: [{ role: "user", content: "x" }] };
const chatCases: typeof cases = [
  [
    { ...chat, temperature: 3 },
    "temperature",
    "decimal_above_max_value",
    "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 3 instead.",
  ],
  [
    { ...chat, frequency_penalty: -2.5 },
    "frequency_penalty",
    "decimal_below_min_value",
    "Invalid 'frequency_penalty': decimal below minimum value. Expected a value >= -2, but got -2.5 instead.",
  ],
  [
    { ...chat, n: 129 },
    "n",
    "integer_above_max_value",
    "Invalid 'n': integer above maximum value. Expected a value <= 128, but got 129 instead.",
  ],
  [
    { ...chat, max_tokens: -15335 },
    "max_tokens",
    "integer_below_min_value",
    "Invalid 'max_tokens': integer below minimum value. Expected a value >= 1, but got -15335 instead.",
  ],
  [
    { ...chat, messages: [] },
    "messages",
    "empty_array",
    "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
  ],
  [
    { ...chat, stop: ["a", "b", "c", "d", "e"] },
    "stop",
    "array_above_max_length",
    "Invalid 'stop': array too long. Expected an array with maximum length 4, but got an array with length 5 instead.",
  ],
  [
    { ...chat, model: "" },
    "model",
    "empty_string",
    "Invalid 'model': empty string. Expected a string with minimum length 1, but got an empty string instead.",
  ],
  [
    { ...chat, safety_identifier: "x".repeat(65) },
    "safety_identifier",
    "string_above_max_length",
    "Invalid 'safety_identifier': string too long. Expected a string with maximum length 64, but got a string with length 65 instead.",
  ],
  [
    { ...chat, temperature: "hot" },
    "temperature",
    "invalid_type",
    "Invalid type for 'temperature': expected a decimal, but got a string instead.",
  ],
  [
    { ...chat, response_format: { type: "xml" } },
    "response_format.type",
    "invalid_value",
    "Invalid value: 'xml'. Supported values are: 'text', 'json_object', and 'json_schema'.",
  ],
  [
    { ...chat, service_tier: "flex" },
    "service_tier",
    "invalid_value",
    "Invalid value: 'flex'. Supported values are: 'auto' and 'default'.",
  ],
];

const hyper = (learning_rate_multiplier: unknown) => ({
  ...job,
  hyperparameters: { learning_rate_multiplier },
});
const jobCases: typeof cases = [
  [
    { ...job, hyperparameters: { n_epochs: 0 } },
    "hyperparameters.n_epochs",
    "integer_below_min_value",
    "Invalid 'hyperparameters.n_epochs': integer below minimum value. Expected a value >= 1, but got 0 instead.",
  ],
  [
    hyper(-1),
    "hyperparameters.learning_rate_multiplier",
    "decimal_below_min_value",
    "Invalid 'hyperparameters.learning_rate_multiplier': decimal below minimum value. Expected a value > 0, but got -1 instead.",
  ],
];

const all = [
  ...[...cases, ...jobCases].map((row) => [CreateJob, ...row] as const),
  ...chatCases.map((row) => [ChatRequest, ...row] as const),
];
for (const [schema, input, param, kind, message] of all) {
  test(`${JSON.stringify(input)} is refused with param ${param}`, () => {
    assert.throws(
      () => parse(schema, input),
      (error: unknown) => {
        assert.ok(error instanceof Refusal);
        assert.deepEqual([error.param, error.kind, error.message], [param, kind, message]);
        return true;
      },
    );
  });
}
