import assert from "node:assert/strict";
import { test } from "node:test";
import { childEnvironment } from "./child-environment.ts";

test("a child process is not given secrets", () => {
  const secrets = {
    PERENNIAL_API_KEY: "a",
    PERENNIAL_DATABASE_URL: "b",
    HF_TOKEN: "c",
    aws_secret_access: "d",
    PGPASSWORD: "e",
    PERENNIAL_SMTP_URL: "f",
  };
  const kept = { PATH: "/bin", HOME: "/root", OMP_NUM_THREADS: "2" };
  assert.deepEqual(childEnvironment({ ...kept, ...secrets }), kept);
});
