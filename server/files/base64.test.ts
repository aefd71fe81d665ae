import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { base64Length, toBase64 } from "./base64.ts";

test("bytes in chunks of any size become the base64 text of the whole", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 8 }), async (chunks) => {
      const text = await new Response(toBase64(ReadableStream.from(chunks))).text();
      const whole = Buffer.concat(chunks);
      assert.equal(text, whole.toString("base64"));
      assert.equal(text.length, base64Length(whole.length));
    }),
  );
});
