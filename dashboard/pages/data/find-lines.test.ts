import assert from "node:assert/strict";
import { test } from "node:test";
import { findLines, lineIn, positionIn } from "./find-lines.ts";

test("the lines that are asked for are found, however the file is cut and ended", async () => {
  const bytes = new TextEncoder().encode("one\r\nzwölf\nthree");
  const content = () => ReadableStream.from([...bytes].map((byte) => new Uint8Array([byte])));
  assert.deepEqual(
    [...(await findLines(content(), [2, 3, 9]))],
    [
      [2, "zwölf"],
      [3, "three"],
    ],
  );
  assert.deepEqual([...(await findLines(content(), [1]))], [[1, "one"]]);
  assert.deepEqual([...(await findLines(content(), []))], []);
});

test("no more of a file is read than the lines need", async () => {
  let pulled = 0;
  const content = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        pulled += 1;
        controller.enqueue(new TextEncoder().encode(`row ${pulled}\n`));
      },
    },
    { highWaterMark: 0 },
  );
  assert.equal((await findLines(content, [2])).get(2), "row 2");
  assert.equal(pulled, 2);
});

test("a refusal's line is read from its message", () => {
  assert.equal(lineIn("Line starts with: {oops (line 14: no JSON)"), 14);
  assert.equal(lineIn("Line starts with: line 3 (line 14: no JSON)"), 14);
  assert.equal(lineIn("The file is empty."), null);
  assert.equal(positionIn("(line 2: at character 80, a comma follows the object; delete it)"), 79);
  assert.equal(
    positionIn("(line 2: Expected property name or '}' in JSON at position 1 (line 1 column 2))"),
    1,
  );
  assert.equal(positionIn("(line 2: it is empty)"), null);
});
