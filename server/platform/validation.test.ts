import assert from "node:assert/strict";
import { test } from "node:test";
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
    "Invalid type for 'model': expected string, but got an integer instead.",
  ],
  [{ ...job, colour: 1 }, "colour", "unknown_parameter", "Unknown parameter: 'colour'."],
  [
    { ...job, seed: 1.5 },
    "seed",
    "invalid_type",
    "Invalid type for 'seed': expected integer, but got a decimal instead.",
  ],
  [
    { ...job, seed: -1 },
    "seed",
    "invalid_value",
    "Invalid value for 'seed': Too small: expected number to be >=0.",
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
    "Invalid value for 'hyperparameters.n_epochs': expected 'auto' or number.",
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
    "Invalid type for 'metadata.a': expected string, but got an integer instead.",
  ],
];
for (const [input, param, kind, message] of cases) {
  test(`${JSON.stringify(input)} is refused with param ${param}`, () => {
    assert.throws(
      () => parse(CreateJob, input),
      (error: unknown) => {
        assert.ok(error instanceof Refusal);
        assert.deepEqual([error.param, error.kind, error.message], [param, kind, message]);
        return true;
      },
    );
  });
}
