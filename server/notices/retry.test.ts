import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { judge, parseRetryAfter, type Reply, waitAfter, waits } from "./retry.ts";

const DAY = 24 * 3600;
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const reply = (statusCode: number | null, retryAfter: string | null = null): Reply => ({
  statusCode,
  retryAfter,
  error: null,
  response: null,
  durationMs: 1,
});

test("each wait is longer than the one before, whatever the jitter, and all of them take about a day", () => {
  fc.assert(
    fc.property(fc.array(random, { minLength: waits.length, maxLength: waits.length }), (draws) => {
      const all = draws.map((draw, index) => waitAfter(index + 1, draw) ?? assert.fail("too few attempts"));
      for (const [index, wait] of all.entries()) {
        const nominal = waits[index] ?? 0;
        assert.ok(wait >= nominal * 0.9 && wait <= Math.ceil(nominal * 1.1), `${wait} for ${nominal}`);
        assert.ok(index === 0 || wait > (all[index - 1] ?? 0));
      }
      const total = all.reduce((sum, wait) => sum + wait, 0);
      assert.ok(total > 0.85 * DAY && total < 1.15 * DAY, String(total));
    }),
  );
});

test("after the last attempt a delivery has failed, and there is never a twelfth", () => {
  fc.assert(
    fc.property(fc.integer({ min: waits.length + 1, max: 1000 }), random, (attempts, draw) => {
      assert.equal(waitAfter(attempts, draw), null);
      assert.deepEqual(judge(reply(500), { attempts, now: 1000, random: draw }), { kind: "failed" });
    }),
  );
});

test("2xx is delivered, 410 is gone, anything else and no answer at all is tried again", () => {
  const verdictOf = (status: number | null) =>
    judge(reply(status), { attempts: 1, now: 1000, random: 0.5 }).kind;
  for (const status of [200, 201, 202, 204, 299]) assert.equal(verdictOf(status), "delivered");
  assert.equal(verdictOf(410), "gone");
  for (const status of [301, 302, 307, 308, 400, 401, 404, 409, 429, 500, 503, 599, null]) {
    assert.equal(verdictOf(status), "retry", String(status));
  }
});

test("Retry-After puts the next attempt off, never brings it forward, and by a day at most", () => {
  const at = (header: string, attempts: number) =>
    judge(reply(503, header), { attempts, now: 1_800_000_000, random: 0.5 });
  assert.deepEqual(at("120", 1), { kind: "retry", at: 1_800_000_120 });
  assert.deepEqual(at("0", 1), { kind: "retry", at: 1_800_000_005 });
  assert.deepEqual(at("60", 4), { kind: "retry", at: 1_800_000_600 });
  assert.deepEqual(at("999999999", 1), { kind: "retry", at: 1_800_000_000 + DAY });
  assert.deepEqual(at(new Date(1_800_000_300_000).toUTCString(), 1), { kind: "retry", at: 1_800_000_300 });
  assert.deepEqual(at("Fri, 01 Jan 1999 00:00:00 GMT", 1), { kind: "retry", at: 1_800_000_005 });
});

test("no Retry-After, however wrong, gives a time that is none", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.integer().map(String), fc.constant(null)), (header) => {
      const seconds = parseRetryAfter(header, 1_800_000_000);
      assert.ok(seconds === null || (seconds >= 0 && seconds <= DAY));
    }),
  );
});
