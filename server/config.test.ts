import assert from "node:assert/strict";
import { test } from "node:test";
import { readConfig } from "./config.ts";

test("the defaults are safe: loopback, the documented port", () => {
  const config = readConfig({});
  assert.equal(config.PERENNIAL_HOST, "127.0.0.1");
  assert.equal(config.PERENNIAL_PORT, 4010);
});

test("an empty variable counts as not set", () => {
  assert.equal(readConfig({ PERENNIAL_PORT: "" }).PERENNIAL_PORT, 4010);
});

test("a bad value is refused by the variable's name", () => {
  assert.throws(() => readConfig({ PERENNIAL_PORT: "http" }), /PERENNIAL_PORT=http/);
  assert.throws(() => readConfig({ PERENNIAL_TRAININGS: "0" }), /PERENNIAL_TRAININGS=0/);
  assert.throws(() => readConfig({ PERENNIAL_DATABASE_URL: "postgres://x" }), /PERENNIAL_DATABASE_URL/);
});
