import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import OpenAI from "openai";
import { newSecret, secretHint, sign, signedHeaders } from "./signature.ts";

const { webhooks } = new OpenAI({ apiKey: "not used" });
const now = () => Math.floor(Date.now() / 1000);

test("the signature is that of the Standard Webhooks specification's example", () => {
  const part = { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1614265330, body: '{"test": 2432232314}' };
  assert.equal(
    sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", part),
    "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  );
});

test("whatever is signed, OpenAI's client accepts it with either valid secret, and nothing that was changed", async () => {
  await fc.assert(
    fc.asyncProperty(fc.string(), fc.string({ unit: "grapheme" }), async (id, text) => {
      const [secret, old] = [newSecret(), newSecret()];
      const part = {
        id: `evt_${Buffer.from(id).toString("hex")}`,
        timestamp: now(),
        body: JSON.stringify({ text }),
      };
      const headers = signedHeaders([secret, old], part);
      for (const valid of [secret, old]) {
        assert.deepEqual(await webhooks.unwrap(part.body, headers, valid), { text });
      }
      await assert.rejects(webhooks.unwrap(`${part.body} `, headers, secret));
      await assert.rejects(webhooks.unwrap(part.body, { ...headers, "webhook-id": "evt_other" }, secret));
      await assert.rejects(webhooks.unwrap(part.body, headers, newSecret()));
    }),
    { numRuns: 30 },
  );
});

test("a secret holds 256 bits in the form that libraries expect, and its hint gives four characters away", () => {
  const secret = newSecret();
  assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
  assert.notEqual(secret, newSecret());
  assert.equal(secretHint(secret), `whsec_...${secret.slice(-4)}`);
  const plain = createHmac("sha256", Buffer.from(secret.slice(6), "base64"))
    .update("a.1.b")
    .digest("base64");
  assert.equal(sign(secret, { id: "a", timestamp: 1, body: "b" }), `v1,${plain}`);
});
