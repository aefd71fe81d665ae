import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { chatRow, createTestApp, tenRows } from "../test-app.ts";
import { callsOf, incomingIn, md5Of, partsIn, refusalOf, request, sendAll } from "../test-upload.ts";

const HOUR = 3600;

test("parts sent side by side become one file in the order that is asked for", async () => {
  await using app = await createTestApp();
  const { create, complete } = callsOf(app);
  const parts = ["first ", "second ", "third"];
  const content = parts.join("");
  const upload = await create(request(content));
  assert.match(upload.id, /^upload_[A-Za-z0-9]{24}$/);
  assert.deepEqual(upload, {
    id: upload.id,
    object: "upload",
    created_at: 1_800_000_000,
    filename: "data.bin",
    bytes: content.length,
    purpose: "user_data",
    status: "pending",
    expires_at: 1_800_000_000 + HOUR,
  });
  const backwards = (await sendAll(app, upload.id, parts.toReversed())).reverse();
  const done = await app.json(complete(upload.id, { part_ids: backwards, md5: md5Of(content) }));
  assert.equal(done.status, "completed");
  assert.equal(done.file.bytes, content.length);
  assert.equal(await (await app.call(`/v1/files/${done.file.id}/content`)).text(), content);
  assert.deepEqual(await app.json(app.call(`/v1/files/${done.file.id}`)), done.file);
  assert.deepEqual([partsIn(app), incomingIn(app, "uploads"), incomingIn(app, "files")], [[], [], []]);
});

test("however a content is cut and in whatever order its parts arrive, the file is the content", async () => {
  await using app = await createTestApp();
  const { create, send, complete } = callsOf(app);
  const pieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(pieces, fc.infiniteStream(fc.nat()), async (parts, random) => {
      const content = Buffer.concat(parts);
      const { id } = await create(request(content));
      const ids: string[] = [];
      const places = [...parts.keys()].map((index) => ({ index, at: random.next().value }));
      for (const { index } of places.sort((a, b) => a.at - b.at)) {
        ids[index] = (await app.json(send(id, new Uint8Array(parts[index] ?? [])))).id;
      }
      const { file } = await app.json(complete(id, { part_ids: ids, md5: md5Of(content).toUpperCase() }));
      const read = await (await app.call(`/v1/files/${file.id}/content`)).arrayBuffer();
      assert.deepEqual(Buffer.from(read), content);
    }),
    { numRuns: 20 },
  );
});

test("a part that is not named is left out, so that a part may be sent again", async () => {
  await using app = await createTestApp();
  const { create, complete } = callsOf(app);
  const { id } = await create(request("hello"));
  const [, first, second] = await sendAll(app, id, ["hel", "hel", "lo"]);
  const { file } = await app.json(complete(id, { part_ids: [first, second] }));
  assert.equal(await (await app.call(`/v1/files/${file.id}/content`)).text(), "hello");
  assert.deepEqual(partsIn(app), []);
});

test("the file lives as long as the upload asked for", async () => {
  await using app = await createTestApp();
  const { create, complete } = callsOf(app);
  const { id } = await create(
    request("hello", { expires_after: { anchor: "created_at", seconds: 2 * HOUR } }),
  );
  const { file } = await app.json(complete(id, { part_ids: await sendAll(app, id, ["hello"]) }));
  assert.equal(file.expires_at, file.created_at + 2 * HOUR);
});

test("a file for fine-tuning is checked as a whole, its lines across parts, and trains", async () => {
  await using app = await createTestApp();
  const { create, complete } = callsOf(app);
  const training = { filename: "train.jsonl", purpose: "fine-tune", mime_type: "text/jsonl" };
  const { id } = await create(request(tenRows, training));
  const cut = [tenRows.slice(0, 100), tenRows.slice(100)];
  const { file } = await app.json(complete(id, { part_ids: await sendAll(app, id, cut) }));
  const job = { model: "tiny-base", training_file: file.id };
  assert.equal((await app.post("/v1/fine_tuning/jobs", job)).status, 200);

  const bad = `${chatRow("q", "a")}\n{"messages": oops}\n`;
  const broken = await create(request(bad, training));
  const part_ids = await sendAll(app, broken.id, [bad]);
  const error = await refusalOf(app, complete(broken.id, { part_ids }));
  assert.equal(error.param, "part_ids");
  assert.match(error.message, /^Expected file to have JSONL format.*line 2/);
  assert.equal((await app.json(app.call("/v1/files"))).data.length, 1);
  assert.deepEqual(incomingIn(app, "files"), []);
});
