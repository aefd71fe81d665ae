import { after } from "node:test";
import { createTestApp } from "../test-app.ts";
import { refuse, valuesBut, type Wrong } from "../test-refusals.ts";

const app = await createTestApp();
after(() => app[Symbol.asyncDispose]());
const other = await app.otherKey();
const UPLOADS = "/v1/uploads";
const whole = { filename: "train.jsonl", purpose: "fine-tune", bytes: 10, mime_type: "text/jsonl" };
const open: string = (await app.json(app.post(UPLOADS, whole))).id;
const cancelled: string = (await app.json(app.post(UPLOADS, whole))).id;
await app.post(`${UPLOADS}/${cancelled}/cancel`, {});

const create = (field: string, values: readonly unknown[], param = field): Wrong[] =>
  values.map((value) => ({ method: "POST", path: UPLOADS, json: { ...whole, [field]: value }, param }));
const created: Wrong[] = [
  ...create("filename", [...valuesBut("string"), null, "", "x".repeat(1025)]),
  ...create("purpose", [...valuesBut("string"), null, "", "text", "fine-tune-results"]),
  ...create("bytes", [...valuesBut("integer"), null, 0, -1, 8 * 1024 ** 3 + 1, 2 ** 60]),
  ...create("mime_type", [...valuesBut("string"), null, "", "x".repeat(256)]),
  ...create("expires_after", valuesBut("object")),
  ...create("expires_after", [{ seconds: 3600 }], "expires_after.anchor"),
  ...create(
    "expires_after",
    [3599, 2_592_001, "x", 3600.5].map((seconds) => ({ anchor: "created_at", seconds })),
    "expires_after.seconds",
  ),
  ...create("colour", ["red"]),
  ...Object.keys(whole).map((field): Wrong => {
    const { [field]: _, ...rest } = Object.fromEntries(Object.entries(whole));
    return { method: "POST", path: UPLOADS, json: rest, param: field };
  }),
];

function part(...fields: [name: string, value: string | Blob][]): FormData {
  const made = new FormData();
  for (const [name, value] of fields) made.append(name, value);
  return made;
}
const bytes = new Blob(["0123456789"]);
const sent = (id: string, raw: FormData, param: string | null, more: Partial<Wrong> = {}): Wrong => ({
  method: "POST",
  path: `${UPLOADS}/${id}/parts`,
  raw,
  param,
  ...more,
});
const parts: Wrong[] = [
  sent(open, part(), "data"),
  sent(open, part(["file", bytes]), "data"),
  sent(open, part(["data", "as text"]), "data"),
  sent(open, part(["data", bytes], ["data", bytes]), "data"),
  sent(open, part(["data", bytes], ["colour", "red"]), "colour"),
  sent(open, part(["data", new Blob([])]), "data"),
  sent(cancelled, part(["data", bytes]), "upload_id"),
  sent("upload_nothere", part(["data", bytes]), "upload_id", { status: 404 }),
  sent(open, part(["data", bytes]), "upload_id", { status: 404, key: other }),
];

const complete = (json: unknown, param: string, more: Partial<Wrong> = {}): Wrong => ({
  method: "POST",
  path: `${UPLOADS}/${open}/complete`,
  json,
  param,
  ...more,
});
const completed: Wrong[] = [
  complete({}, "part_ids"),
  ...[...valuesBut("array"), null, []].map((part_ids) => complete({ part_ids }, "part_ids")),
  complete({ part_ids: [7] }, "part_ids[0]"),
  complete({ part_ids: ["part_nothere"] }, "part_ids[0]"),
  ...[...valuesBut("string"), "", "x".repeat(32), "0".repeat(31)].map((md5) =>
    complete({ part_ids: ["part_nothere"], md5 }, "md5"),
  ),
  complete({ part_ids: ["part_nothere"], colour: 1 }, "colour"),
];

const unknown = ["upload_nothere", "%00", "%E0%A4%A", "..%2F..%2Fx", "a".repeat(4000)].flatMap(
  (id): Wrong[] => [
    {
      method: "POST",
      path: `${UPLOADS}/${id}/complete`,
      json: { part_ids: ["x"] },
      status: 404,
      param: "upload_id",
    },
    { method: "POST", path: `${UPLOADS}/${id}/cancel`, json: {}, status: 404, param: "upload_id" },
  ],
);

refuse(app, [
  ...created,
  ...parts,
  ...completed,
  ...unknown,
  {
    method: "POST",
    path: `${UPLOADS}/${cancelled}/complete`,
    json: { part_ids: ["x"] },
    param: "upload_id",
  },
  { method: "POST", path: `${UPLOADS}/${open}/cancel`, key: other, status: 404, param: "upload_id" },
  { method: "POST", path: UPLOADS, json: whole, key: "sk-test-admin", status: 403, param: null },
  { path: UPLOADS, status: 404, param: null },
  { path: `${UPLOADS}/${open}`, status: 404, param: null },
]);
