import assert from "node:assert/strict";
import { test } from "node:test";
import { createPortions, type ReadPortion } from "./portions.ts";

const tokens = (count: number) => Array.from({ length: count }, (_, id) => id);

/** A prompt of four letters a token, read by an engine of this speed that holds so many of its tokens. */
async function readBy(
  perSecond: number,
  count: number,
  { held = 0, share = 0, answered = 0, goesOn = true, room = 100_000 } = {},
) {
  let [nowMs, has] = [0, held];
  const portions = createPortions(() => nowMs);
  const lengths: number[] = [];
  const read: ReadPortion = async ({ length }) => {
    const known = Math.min(has, length);
    lengths.push(length);
    nowMs += ((length - known) / perSecond) * 1000;
    has = goesOn ? length : 0;
    return { known };
  };
  const slot = { words: "word".repeat(count), known: { share, answered } };
  const contextLength = async () => room;
  return {
    known: await portions.read({ slot, contextLength, tokens: async () => tokens(count), read }),
    lengths,
  };
}

test("a short prompt is read at once, and its tokens are not asked for", async () => {
  const portions = createPortions();
  const never = () => Promise.reject(new Error("asked for"));
  const slot = { words: "word".repeat(512), known: { share: 0, answered: 0 } };
  assert.equal(await portions.read({ slot, contextLength: never, tokens: never, read: never }), null);
});

test("a long prompt is read in portions of half a second, all but its end", async () => {
  const { lengths, known } = await readBy(1_000, 4_000);
  assert.equal(known, 0);
  assert.deepEqual(lengths, [256, 756, 1_256, 1_756, 2_256, 2_756, 3_256]);
});

test("portions are no smaller than pays, however slow the engine is", async () => {
  const { lengths } = await readBy(10, 1_200);
  assert.deepEqual(lengths, [256, 512, 768]);
});

test("a conversation that goes on keeps what the slot holds of it, its answer included", async () => {
  const { lengths, known } = await readBy(500, 4_000, { held: 2_900, share: 0.7, answered: 100 });
  assert.equal(known, 2_900);
  assert.ok((lengths[0] ?? 0) > 2_900);
});

test("a prompt that the slot holds but for a little is read at once", async () => {
  const { lengths, known } = await readBy(500, 4_000, { held: 3_900, share: 0.96 });
  assert.deepEqual([lengths, known], [[], null]);
});

test("a model that cannot go on in the middle of a prompt is not made to read it over and over", async () => {
  const { lengths } = await readBy(1_000, 8_000, { goesOn: false });
  assert.equal(lengths.length, 2);
});

test("a prompt that does not fit is left to be refused", async () => {
  const { lengths, known } = await readBy(1_000, 4_000, { room: 4_000 });
  assert.deepEqual([lengths, known], [[], null]);
});
