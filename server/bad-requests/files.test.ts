import { after } from "node:test";
import { createTestApp, tenRows } from "../test-app.ts";
import { refuse, type Wrong } from "../test-refusals.ts";

const app = await createTestApp();
after(() => app[Symbol.asyncDispose]());
const other = await app.otherKey();
const file: string = (await app.json(app.upload(tenRows))).id;
const FILES = "/v1/files";

/** A form with these fields; a file among them is one by its name and its content. */
function form(...fields: [name: string, value: string | { name: string; content: string }][]): FormData {
  const made = new FormData();
  for (const [name, value] of fields) {
    made.append(name, typeof value === "string" ? value : new File([value.content], value.name));
  }
  return made;
}
const data = { name: "train.jsonl", content: tenRows };
const send = (param: string | null, ...fields: Parameters<typeof form>): Wrong => ({
  method: "POST",
  path: FILES,
  raw: form(...fields),
  param,
});
const purpose = ["purpose", "fine-tune"] as const;
const uploads: Wrong[] = [
  send("file", [...purpose]),
  send("file", [...purpose], ["file", "as text"]),
  send("file", [...purpose], ["file", data], ["file", data]),
  send("purpose", ["file", data]),
  ...["", "training", "fine-tune-results", "batch_output", "FINE-TUNE", "fine-tune\u0000"].map((value) =>
    send("purpose", ["purpose", value], ["file", data]),
  ),
  send("purpose", [...purpose], [...purpose], ["file", data]),
  send("purpose", ["purpose", "evals"], ["file", data], [...purpose]),
  send("__proto__", ["__proto__", "x"], [...purpose], ["file", data]),
  send("constructor", ["constructor", "x"], [...purpose], ["file", data]),
  send("colour", [...purpose], ["colour", "red"], ["file", data]),
  ...["3599", "2592001", "x", "-1", "1e4", ""].map((seconds) =>
    send(
      "expires_after[seconds]",
      [...purpose],
      ["expires_after[anchor]", "created_at"],
      ["expires_after[seconds]", seconds],
      ["file", data],
    ),
  ),
  send(
    "expires_after[anchor]",
    [...purpose],
    ["expires_after[anchor]", "now"],
    ["expires_after[seconds]", "3600"],
    ["file", data],
  ),
  ...["train.txt", "train.", "train.json", "train.jsonl.exe"].map((name) =>
    send("file", [...purpose], ["file", { name, content: tenRows }]),
  ),
  ...[
    "",
    "\n",
    "{",
    "[]\n",
    "null\n",
    '"x"\n',
    "7\n",
    "{}\n\n{}\n",
    "\uFEFF{}\n",
    "{} {}\n",
    '{"a":1}\n{"a":',
  ].map((content) => send("file", [...purpose], ["file", { name: "train.jsonl", content }])),
];

const multipart = "multipart/form-data; boundary=b";
const bodies: Wrong[] = [
  { raw: "{}", headers: { "content-type": "application/json" }, status: 415, param: null },
  { raw: "x", headers: { "content-type": "text/plain" }, status: 415, param: null },
  { raw: "a=b", headers: { "content-type": "application/x-www-form-urlencoded" }, status: 415, param: null },
  { raw: "--b\r\n", headers: { "content-type": "multipart/form-data" }, param: null },
  { raw: "", headers: { "content-type": multipart }, param: null },
  {
    raw: "--b\r\nContent-Disposition: form-data; name=purpose\r\n\r\nfine-tune",
    headers: { "content-type": multipart },
    param: null,
  },
  { raw: "no boundary here", headers: { "content-type": multipart }, param: null },
].map((one) => ({ method: "POST", path: FILES, ...one }));

const ids = ["file-nothere", "%00", "..%2F..%2Fperennial.sqlite", "%E0%A4%A", "a".repeat(5000), "ftjob-x"];
const unknown = ids.flatMap((id): Wrong[] => [
  { path: `${FILES}/${id}`, status: 404, param: "id" },
  { path: `${FILES}/${id}/content`, status: 404, param: "id" },
  { method: "DELETE", path: `${FILES}/${id}`, status: 404, param: "id" },
]);
const limits = ["0", "-1", "10001", "x", "1.5", "", "9".repeat(30)].map(
  (limit): Wrong => ({ path: `${FILES}?limit=${limit}`, param: "limit" }),
);

refuse(app, [
  ...uploads,
  ...bodies,
  ...unknown,
  ...limits,
  { path: `${FILES}?order=up`, param: "order" },
  { path: `${FILES}?order=`, param: "order" },
  { path: `${FILES}?after=file-nothere`, status: 404, param: "after" },
  { path: `${FILES}?after=`, status: 404, param: "after" },
  { path: `${FILES}/${file}`, key: other, status: 404, param: "id" },
  { path: `${FILES}/${file}/content`, key: other, status: 404, param: "id" },
  { method: "DELETE", path: `${FILES}/${file}`, key: other, status: 404, param: "id" },
  { path: FILES, key: "sk-test-admin", status: 403, param: null },
  { method: "PUT", path: FILES, status: 404, param: null },
  { method: "PATCH", path: `${FILES}/${file}`, status: 404, param: null },
]);
