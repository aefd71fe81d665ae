import assert from "node:assert/strict";
import { test } from "node:test";
import { costOf, money, priceFault } from "./cost.ts";

const usage = { prompt_tokens: 1000, completion_tokens: 500, total_tokens: 1500 };

test("an answer costs its tokens at their prices", () => {
  assert.equal(costOf(usage, { price_in: "3", price_out: "12" }), 0.009);
  assert.equal(costOf(usage, { price_in: "", price_out: "12" }), 0.006);
});

test("nothing is said to cost where no price is given, or no tokens are known", () => {
  assert.equal(costOf(usage, { price_in: "", price_out: " " }), null);
  assert.equal(costOf(null, { price_in: "3", price_out: "12" }), null);
  assert.equal(costOf(usage, { price_in: "cheap", price_out: "-1" }), null);
});

test("what is no price is told, and small sums have no exponent", () => {
  assert.equal(priceFault(""), undefined);
  assert.equal(priceFault("0.8"), undefined);
  assert.match(priceFault("-1") ?? "", /number/);
  assert.match(priceFault("a lot") ?? "", /number/);
  assert.deepEqual([0, 0.009, 0.0000216, 12.5].map(money), ["0", "0.009", "0.0000216", "12.5"]);
});
