import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestApp } from "../test-app.ts";
import {
  callsOf,
  incomingIn,
  md5Of,
  partForm,
  partsIn,
  refusalOf,
  request,
  sendAll,
} from "../test-upload.ts";

const good = request("hello");
const bad: [body: unknown, param: string | null][] = [
  [{}, "filename"],
  [{ ...good, bytes: undefined }, "bytes"],
  [{ ...good, mime_type: undefined }, "mime_type"],
  [{ ...good, purpose: undefined }, "purpose"],
  [{ ...good, purpose: "fine-tune-results" }, "purpose"],
  [{ ...good, purpose: "fine-tune", filename: "train.txt" }, "filename"],
  [{ ...good, filename: "" }, "filename"],
  [{ ...good, bytes: 0 }, "bytes"],
  [{ ...good, bytes: -1 }, "bytes"],
  [{ ...good, bytes: 1.5 }, "bytes"],
  [{ ...good, bytes: "5" }, "bytes"],
  [{ ...good, bytes: 8 * 1024 ** 3 + 1 }, "bytes"],
  [{ ...good, expires_after: { anchor: "created_at", seconds: 60 } }, "expires_after.seconds"],
  [{ ...good, expires_after: { anchor: "now", seconds: 3600 } }, "expires_after.anchor"],
  [{ ...good, expires_after: { seconds: 3600 } }, "expires_after.anchor"],
  [{ ...good, parts: 3 }, "parts"],
];

test("another project's upload is as if it were not there", async () => {
  await using app = await createTestApp();
  const mine = callsOf(app);
  const { id } = await mine.create(request("hello"));
  const part_ids = await sendAll(app, id, ["hello"]);
  const { send, complete, cancel, create } = callsOf(app, await app.otherKey());
  for (const answer of [send(id, "x"), complete(id, { part_ids }), cancel(id)]) {
    const error = await refusalOf(app, answer, 404);
    assert.equal(error.message, `No such Upload object: ${id}`);
  }
  const theirs = await create(request("hello"));
  const error = await refusalOf(app, complete(theirs.id, { part_ids }));
  assert.equal(error.param, "part_ids[0]");
});

test("parts of more than twice the upload's bytes are refused", async () => {
  await using app = await createTestApp();
  const { create, send } = callsOf(app);
  const { id } = await create(request("hello"));
  const whole = new Uint8Array(64 * 1024 * 1024);
  assert.equal((await send(id, whole)).status, 200);
  assert.equal((await send(id, "0123456789")).status, 200);
  assert.match((await refusalOf(app, send(id, "x"))).message, /holds as many parts as it may/);
  assert.equal(partsIn(app).length, 2);
});

test("a part over 64 MB is refused and leaves nothing behind", async () => {
  await using app = await createTestApp();
  const { create, send } = callsOf(app);
  const { id } = await create(request("hello"));
  const error = await refusalOf(app, send(id, new Uint8Array(64 * 1024 * 1024 + 1)), 413);
  assert.equal(error.param, "data");
  assert.deepEqual([partsIn(app), incomingIn(app, "uploads")], [[], []]);
});

test("what an upload cannot be created with is refused by its name", async () => {
  await using app = await createTestApp();
  for (const [body, param] of bad) {
    assert.equal((await refusalOf(app, app.post("/v1/uploads", body))).param, param, JSON.stringify(body));
  }
  assert.equal((await app.post("/v1/uploads", { ...good, bytes: 8 * 1024 ** 3 })).status, 200);
});

test("what an upload cannot be completed with is refused, and leaves it pending", async () => {
  await using app = await createTestApp();
  const calls = callsOf(app);
  const { id } = await calls.create(good);
  const [a = "", b = ""] = await sendAll(app, id, ["hel", "lo"]);
  const cases: [body: unknown, param: string][] = [
    [{}, "part_ids"],
    [{ part_ids: [] }, "part_ids"],
    [{ part_ids: a }, "part_ids"],
    [{ part_ids: [a] }, "part_ids"],
    [{ part_ids: [a, a] }, "part_ids[1]"],
    [{ part_ids: [a, "part_nothere"] }, "part_ids[1]"],
    [{ part_ids: [a, "../../perennial.sqlite"] }, "part_ids[1]"],
    [{ part_ids: [a, b], md5: "abc" }, "md5"],
    [{ part_ids: [b, a], md5: md5Of("hello") }, "md5"],
    [{ part_ids: [a, b], sha256: "x" }, "sha256"],
  ];
  for (const [body, param] of cases) {
    assert.equal((await refusalOf(app, calls.complete(id, body))).param, param, JSON.stringify(body));
  }
  assert.equal((await calls.complete(id, { part_ids: [a, b], md5: md5Of("hello") })).status, 200);
});

test("what a part cannot be sent as is refused, its whole body read", async () => {
  await using app = await createTestApp();
  const { create, send } = callsOf(app);
  const { id } = await create(good);
  const parts = `/v1/uploads/${id}/parts`;
  const post = (body: FormData) => app.call(parts, { method: "POST", body });
  assert.equal((await refusalOf(app, send(id, ""))).param, "data");
  assert.equal((await refusalOf(app, app.call(parts, { method: "POST" }))).param, "data");
  assert.equal((await refusalOf(app, app.post(parts, { data: "x" }), 415)).param, null);
  const other = new FormData();
  other.append("file", new File(["x"], "part"));
  assert.equal((await refusalOf(app, post(other))).param, "data");
  const more = partForm("x");
  more.append("purpose", "fine-tune");
  assert.equal((await refusalOf(app, post(more))).param, "purpose");
  const twice = partForm("x");
  twice.append("data", new File(["y"], "part"));
  assert.equal((await refusalOf(app, post(twice))).param, "data");
  assert.equal((await refusalOf(app, send("upload_nothere", "x"), 404)).param, "upload_id");
  assert.equal((await refusalOf(app, app.call(parts, { method: "POST" }, "sk-test-admin"), 403)).param, null);
  assert.deepEqual([partsIn(app), incomingIn(app, "uploads")], [[], []]);
});
