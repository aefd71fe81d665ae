import assert from "node:assert/strict";
import { test } from "node:test";
import { autoReason } from "./auto-reason.ts";

const facts = (examples: number, n_epochs: number) => ({
  examples,
  model: "tiny",
  hyperparameters: {
    n_epochs,
    batch_size: 1,
    learning_rate_multiplier: 1,
    learning_rate: 0.00025,
    lora_r: 16,
  },
});

test("auto is explained by the rows", () => {
  assert.equal(autoReason("n_epochs", facts(412, 3)), "auto = 3 epochs because you have 412 rows.");
  assert.match(autoReason("n_epochs", facts(12, 8)), /8 epochs because you have 12 rows; so few/);
  assert.match(autoReason("n_epochs", facts(20_000, 1)), /1 epoch because you have 20,000 rows; so many/);
  assert.match(autoReason("batch_size", facts(412, 3)), /auto = 1 because you have 412 rows: 0.2 %/);
});

test("the learning rate that a multiplier stands for is told", () => {
  assert.match(
    autoReason("learning_rate_multiplier", facts(1, 1)),
    /auto = 1, a learning rate of 0.00025: .* tiny/,
  );
});

test("what has a default instead is told with it", () => {
  assert.equal(autoReason("lora_r", facts(1, 1)), "unless given: 16.");
  assert.equal(autoReason("weight_decay", facts(1, 1)), "");
});
