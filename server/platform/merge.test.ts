import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { merge } from "./merge.ts";

test("a source that fails while the reader looks at another's item is told of later, and to the reader alone", async () => {
  const failing = Promise.withResolvers<void>();
  async function* quick() {
    yield "quick";
    await failing.promise;
  }
  const items = merge([quick()]);
  assert.equal((await items.next()).value, "quick");
  failing.reject(new Error("broken"));
  // Were it unheard, the process would end here.
  await turn();
  await assert.rejects(items.next(), /broken/);
});
