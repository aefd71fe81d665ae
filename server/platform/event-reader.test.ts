import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readEventData } from "./event-reader.ts";

async function* pieces(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  const places = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])];
  const sorted = places.sort((a, b) => a - b);
  for (const [index, end] of sorted.slice(1).entries()) yield bytes.subarray(sorted[index], end);
}

const read = (text: string, cuts: readonly number[] = []) =>
  Array.fromAsync(readEventData(pieces(Buffer.from(text), cuts)));

const line = fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => !/[\r\n]|^\s/.test(text));

test("events are read whole, wherever the stream was cut and however its lines end", async () => {
  const events = fc.array(fc.array(line, { minLength: 1, maxLength: 3 }));
  await fc.assert(
    fc.asyncProperty(
      events,
      fc.array(fc.nat()),
      fc.constantFrom("\n", "\r\n", "\r"),
      async (all, cuts, end) => {
        const text = all
          .map((lines) => lines.map((one) => `data: ${one}${end}`).join("") + end)
          .join(`: a comment${end}${end}`);
        assert.deepEqual(
          await read(`${text} `, cuts),
          all.map((lines) => lines.join("\n")),
        );
      },
    ),
  );
});
