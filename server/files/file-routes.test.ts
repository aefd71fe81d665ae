import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { chatRow, createTestApp, tenRows } from "../test-app.ts";

test("an uploaded file is listed, read back byte for byte, and deleted", async () => {
  await using app = await createTestApp();
  const file = await app.json(app.upload(tenRows));
  assert.match(file.id, /^file-[A-Za-z0-9]{22}$/);
  assert.equal(file.bytes, Buffer.byteLength(tenRows));
  assert.deepEqual((await app.json(app.call("/v1/files"))).data, [file]);
  assert.equal(await (await app.call(`/v1/files/${file.id}/content`)).text(), tenRows);
  const deleted = await app.json(app.call(`/v1/files/${file.id}`, { method: "DELETE" }));
  assert.deepEqual(deleted, { id: file.id, object: "file", deleted: true });
  const gone = await app.call(`/v1/files/${file.id}`);
  assert.equal(gone.status, 404);
  const { error } = await app.json(gone);
  assert.deepEqual(error, {
    message: `No such File object: ${file.id}`,
    type: "invalid_request_error",
    param: "id",
    code: null,
  });
});

test("another project's file is as if it were not there", async () => {
  await using app = await createTestApp();
  const file = await app.json(app.upload(tenRows));
  const other = await app.otherKey();
  for (const [path, method] of [
    [`/v1/files/${file.id}`, "GET"],
    [`/v1/files/${file.id}/content`, "GET"],
    [`/v1/files/${file.id}`, "DELETE"],
  ] as const) {
    assert.equal((await app.call(path, { method }, other)).status, 404);
  }
  assert.deepEqual((await app.json(app.call("/v1/files", {}, other))).data, []);
  const job = { model: "tiny-base", training_file: file.id };
  assert.equal((await app.post("/v1/fine_tuning/jobs", job, other)).status, 400);
});

const good = chatRow("q", "a");
const refused: [string, { content: string; name?: string; purpose?: string }, string, RegExp][] = [
  ["a name that does not end in .jsonl", { content: tenRows, name: "train.txt" }, "file", /Must be \.jsonl/],
  [
    "a line that is no JSON",
    { content: `${good}\n${good}\n{"messages": oops}\n` },
    "file",
    /Expected file to have JSONL format.*line 3/,
  ],
  ["an array", { content: `[${good}]\n` }, "file", /Expected file to have JSONL format.*line 1.*an array/],
  ["an empty line", { content: `${good}\n\n${good}\n` }, "file", /line 2.*empty/],
  ["a byte-order mark", { content: `\uFEFF${good}\n` }, "file", /line 1.*byte-order mark/],
  ["an empty file", { content: "" }, "file", /empty/],
  [
    "an unknown purpose",
    { content: tenRows, purpose: "training" },
    "purpose",
    /Supported values are: .*'fine-tune'/,
  ],
];
for (const [what, sent, param, text] of refused) {
  test(`an upload with ${what} is refused with 400 and leaves nothing behind`, async () => {
    await using app = await createTestApp();
    const response = await app.upload(sent.content, sent);
    const { error } = await app.json(response);
    assert.equal(response.status, 400);
    assert.equal(error.param, param);
    assert.match(error.message, text);
    assert.deepEqual((await app.json(app.call("/v1/files"))).data, []);
  });
}

const DISPOSITION = "content-disposition: form-data";
const fields = [
  ["a file in a field that there is not", `${DISPOSITION}; name="notes"; filename="a.txt"`, "notes"],
  ["a text in a field that there is not", `${DISPOSITION}; name="notes"`, "notes"],
  ["a file without a field", `${DISPOSITION}; filename="a.txt"`, null],
  ["a text without a field", DISPOSITION, null],
] as const;
for (const [what, header, param] of fields) {
  test(`a form with ${what} is refused`, async () => {
    await using app = await createTestApp();
    const parts = [
      [`${DISPOSITION}; name="purpose"`, "fine-tune"],
      [`${DISPOSITION}; name="file"; filename="a.jsonl"`, tenRows],
      [header, "x"],
    ].map(([head, value]) => `--bound\r\n${head}\r\n\r\n${value}\r\n`);
    const headers = { "content-type": "multipart/form-data; boundary=bound" };
    const body = `${parts.join("")}--bound--\r\n`;
    const response = await app.call("/v1/files", { method: "POST", headers, body });
    assert.equal(response.status, 400);
    assert.equal((await app.json(response)).error.param, param);
    assert.deepEqual((await app.json(app.call("/v1/files"))).data, []);
  });
}

test("a form without a file, and a body that is no form, are refused", async () => {
  await using app = await createTestApp();
  const form = new FormData();
  form.append("purpose", "fine-tune");
  const none = await app.call("/v1/files", { method: "POST", body: form });
  assert.equal(none.status, 400);
  assert.equal((await app.json(none)).error.param, "file");
  const wrong = await app.post("/v1/files", { file: "x" });
  assert.equal(wrong.status, 415);
});

test("pages follow the last id in both orders and end with has_more false", async () => {
  await using app = await createTestApp();
  const ids: string[] = [];
  for (let index = 0; index < 5; index += 1) ids.push((await app.json(app.upload(tenRows))).id);
  const first = await app.json(app.call("/v1/files?limit=2"));
  assert.deepEqual(
    [first.data.map((file: { id: string }) => file.id), first.has_more],
    [[ids[4], ids[3]], true],
  );
  const last = await app.json(app.call(`/v1/files?limit=3&after=${first.last_id}`));
  assert.deepEqual(
    [last.data.map((file: { id: string }) => file.id), last.has_more],
    [[ids[2], ids[1], ids[0]], false],
  );
  const ascending = await app.json(app.call("/v1/files?order=asc&limit=1"));
  assert.equal(ascending.data[0].id, ids[0]);
});

test("a file expires when it was asked to", async () => {
  let now = 1000;
  await using app = await createTestApp({ now: () => now });
  const form = new FormData();
  form.append("purpose", "user_data");
  form.append("expires_after[anchor]", "created_at");
  form.append("expires_after[seconds]", "3600");
  form.append("file", new File(["hello"], "note.txt"));
  const file = await app.json(app.call("/v1/files", { method: "POST", body: form }));
  assert.equal(file.expires_at, 4600);
  now = 4600;
  assert.equal((await app.call(`/v1/files/${file.id}`)).status, 404);
  assert.equal((await app.call(`/v1/files/${file.id}`, { method: "DELETE" })).status, 404);
});

test("a fine-tuning file needs no ending in its name, as old clients send it", async () => {
  await using app = await createTestApp();
  const file = await app.json(app.upload(tenRows, { name: "file" }));
  assert.equal(file.filename, "file");
});

test("bytes that the database cannot write down do not fill the disk", async () => {
  await using app = await createTestApp();
  using other = new DatabaseSync(join(app.folder, "perennial.sqlite"));
  const request = { filename: "a.txt", purpose: "user_data", bytes: 5, mime_type: "text/plain" };
  const { id } = await app.json(app.post("/v1/uploads", request));
  other.exec("alter table files rename to no_files; alter table upload_parts rename to no_parts");
  assert.equal((await app.upload(tenRows)).status, 500);
  const form = new FormData();
  form.append("data", new File(["hello"], "part"));
  assert.equal((await app.call(`/v1/uploads/${id}/parts`, { method: "POST", body: form })).status, 500);
  for (const name of ["files", "uploads"])
    assert.deepEqual(readdirSync(join(app.folder, name)), ["incoming"]);
});

test("a file name is shown without folders and control characters", async () => {
  await using app = await createTestApp();
  const file = await app.json(app.upload(tenRows, { name: "../../etc/pass\u0001wd.jsonl" }));
  assert.equal(file.filename, "passwd.jsonl");
});

test("a long name is cut between two letters", async () => {
  await using app = await createTestApp();
  const name = `x${"🎉".repeat(300)}`;
  const file = await app.json(app.upload("hello", { name, purpose: "user_data" }));
  assert.equal(file.filename, `x${"🎉".repeat(254)}`);
});
