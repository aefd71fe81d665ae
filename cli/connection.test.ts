import assert from "node:assert/strict";
import { test } from "node:test";
import { baseUrlOf, keyOf } from "./connection.ts";

const files: Record<string, string> = { "/data/api-key": "sk-kept\n", "/data/admin-key": "sk-admin-kept\n" };
const readText = (path: string) => files[path] ?? null;
const local = { PERENNIAL_DATA: "/data" };

test("the server is looked for on this machine unless the environment says where it is", () => {
  assert.equal(baseUrlOf({}), "http://127.0.0.1:4010");
  assert.equal(baseUrlOf({ PERENNIAL_PORT: "8080" }), "http://127.0.0.1:8080");
  assert.equal(baseUrlOf({ PERENNIAL_PORT: "8080", PERENNIAL_BASE_URL: "" }), "http://127.0.0.1:8080");
  assert.equal(baseUrlOf({ PERENNIAL_BASE_URL: "https://tune.example/v1" }), "https://tune.example/v1");
  assert.throws(() => baseUrlOf({ PERENNIAL_BASE_URL: "tune" }), /PERENNIAL_BASE_URL=tune/);
  assert.throws(() => baseUrlOf({ PERENNIAL_PORT: "x" }), /PERENNIAL_PORT=x/);
});

test("the environment's key comes before the data folder's", () => {
  assert.equal(keyOf("project", { ...local, PERENNIAL_API_KEY: "sk-given" }, readText), "sk-given");
  assert.equal(keyOf("project", local, readText), "sk-kept");
  assert.equal(keyOf("admin", local, readText), "sk-admin-kept");
});

test("without a key the sentence says what to do", () => {
  assert.throws(
    () => keyOf("project", { PERENNIAL_DATA: "/none" }, readText),
    /set PERENNIAL_API_KEY.*\/none\/api-key/,
  );
});

test("this machine's key is never sent to another machine", () => {
  for (const url of ["https://tune.example", "http://127.0.0.1.example", "http://10.0.0.7:4010"]) {
    assert.throws(
      () => keyOf("project", { ...local, PERENNIAL_BASE_URL: url }, readText),
      /set PERENNIAL_API_KEY/,
    );
  }
  for (const url of ["http://localhost:1", "http://127.0.0.9:1/v1", "http://[::1]:1"]) {
    assert.equal(keyOf("project", { ...local, PERENNIAL_BASE_URL: url }, readText), "sk-kept");
  }
});
