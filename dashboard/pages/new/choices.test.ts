import assert from "node:assert/strict";
import { test } from "node:test";
import { CreateJob } from "../../../contract/fine-tuning.ts";
import { choicesOf, requestOf } from "./choices.ts";

const known = { base: "tiny", method: "supervised" } as const;
const asked = (query: string, method: "supervised" | "dpo" = "supervised") =>
  requestOf(choicesOf(new URLSearchParams(query)), { ...known, method });

test("what nobody chose is left to the server", () => {
  const { request, errors } = asked("file=file-1");
  assert.deepEqual(errors, {});
  assert.deepEqual(request, {
    model: "tiny",
    training_file: "file-1",
    method: { type: "supervised", supervised: { hyperparameters: {} } },
  });
});

test("every choice reaches the request, which the contract reads", () => {
  const query =
    "file=f&validation=v&suffix=my-bot&seed=7&n_epochs=2&batch_size=16&beta=0.2&learning_rate=1e-4&lora_r=8&lr_scheduler=cosine";
  const { request } = asked(query, "dpo");
  assert.deepEqual(request, {
    model: "tiny",
    training_file: "f",
    validation_file: "v",
    suffix: "my-bot",
    seed: 7,
    method: {
      type: "dpo",
      dpo: {
        hyperparameters: {
          n_epochs: 2,
          batch_size: 16,
          beta: 0.2,
          learning_rate: 1e-4,
          lora_r: 8,
          lr_scheduler: "cosine",
        },
      },
    },
  });
  CreateJob.parse(request);
});

test("a hyperparameter of another method is not sent", () => {
  assert.equal(JSON.stringify(asked("file=f&beta=0.2").request).includes("beta"), false);
});

test("what cannot be is told beside its input, and nothing is asked for", () => {
  const { request, errors } = asked("file=f&validation=f&n_epochs=0&batch_size=two&suffix=a+b&seed=-1");
  assert.equal(request, null);
  assert.deepEqual(Object.keys(errors).toSorted(), [
    "batch_size",
    "n_epochs",
    "seed",
    "suffix",
    "validation",
  ]);
  assert.equal(errors.n_epochs, "Enter a whole number from 1 to 50, or leave it empty.");
});

test("without a file there is nothing to ask", () => {
  assert.deepEqual(asked(""), { request: null, errors: {} });
});
