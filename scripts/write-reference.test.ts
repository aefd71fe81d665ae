import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { referencePages } from "./write-reference.ts";

for (const [name, text] of Object.entries(referencePages())) {
  test(`docs/reference/${name} is what contract/ says (npm run reference writes it anew)`, () => {
    assert.equal(readFileSync(join(import.meta.dirname, "../docs/reference", name), "utf8"), text);
  });
}
