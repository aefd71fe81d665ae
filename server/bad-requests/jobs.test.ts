import { after } from "node:test";
import { createTestApp, tenRows } from "../test-app.ts";
import { refuse, type Wrong } from "../test-refusals.ts";

const app = await createTestApp();
after(() => app[Symbol.asyncDispose]());
const other = await app.otherKey();
const file: string = (await app.json(app.upload(tenRows))).id;
const JOBS = "/v1/fine_tuning/jobs";
const create = { model: "tiny-base", training_file: file };
const job: string = (await app.json(app.post(JOBS, create))).id;
const ended: string = (await app.json(app.post(JOBS, create))).id;
await app.post(`${JOBS}/${ended}/cancel`, {});

const badLimits = ["0", "-1", "1.5", "1e2", "many", "1001", "%205", "٣", "9".repeat(40), "", "0x10", "null"];
const lists = [JOBS, `${JOBS}/${job}/events`, `${JOBS}/${job}/checkpoints`];
const limits = lists.flatMap((path) =>
  badLimits.map((limit): Wrong => ({ path: `${path}?limit=${limit}`, param: "limit" })),
);

const badIds = [
  "ftjob-nothere",
  "x",
  "..%2F..%2Fperennial.sqlite",
  "%00",
  "%E0%A4%A",
  "%F0%9F%98%80",
  "a".repeat(5000),
  "' or 1=1 --",
  "ft-AF1WoRqd3aJAHsqc9NY7iL8F",
];
const unknownJobs = badIds.flatMap((id): Wrong[] => [
  { path: `${JOBS}/${id}`, status: 404, param: "fine_tune_id" },
  { path: `${JOBS}/${id}/events`, status: 404, param: "fine_tune_id" },
  { path: `${JOBS}/${id}/checkpoints`, status: 404, param: "fine_tune_id" },
  { method: "POST", path: `${JOBS}/${id}/cancel`, status: 404, param: "fine_tune_id" },
  { method: "POST", path: `${JOBS}/${id}/pause`, status: 404, param: "fine_tune_id" },
  { method: "POST", path: `${JOBS}/${id}/resume`, status: 404, param: "fine_tune_id" },
]);

const anothers = ["", "/events", "/checkpoints"].map(
  (rest): Wrong => ({ path: `${JOBS}/${job}${rest}`, key: other, status: 404, param: "fine_tune_id" }),
);
const changes = ["cancel", "pause", "resume"].flatMap((verb): Wrong[] => [
  { method: "POST", path: `${JOBS}/${job}/${verb}`, key: other, status: 404, param: "fine_tune_id" },
  { method: "POST", path: `${JOBS}/${ended}/${verb}`, param: "fine_tune_id" },
  { method: "POST", path: `${JOBS}/${job}/${verb}`, key: "sk-test-admin", status: 403, param: null },
  { method: "GET", path: `${JOBS}/${job}/${verb}`, status: 404, param: null },
]);
const wrongMethods = (
  [
    ["PUT", JOBS],
    ["PATCH", JOBS],
    ["DELETE", JOBS],
    ["DELETE", `${JOBS}/${job}`],
    ["POST", `${JOBS}/${job}`],
    ["POST", `${JOBS}/${job}/events`],
    ["DELETE", `${JOBS}/${job}/checkpoints`],
    ["POST", `${JOBS}/${job}/stop`],
  ] as const
).map(([method, path]): Wrong => ({ method, path, status: 404, param: null }));

const metadata: [string, string][] = [
  ["metadata=x", "metadata"],
  ["metadata=&metadata%5Ba%5D=b", "metadata"],
  ["metadata=%7B%22a%22%3A1%7D", "metadata"],
  ["metadata=null&metadata%5Ba%5D=b", "metadata"],
  ["metadata=null&metadata=x", "metadata"],
  [Array.from({ length: 1000 }, (_, index) => `metadata%5B${index}%5D=`).join("&"), "metadata"],
  ["metadata%5Ba%5D=1&metadata%5Ba%5D=2", "metadata[a]"],
];
const queries = metadata.map(([query, param]): Wrong => ({ path: `${JOBS}?${query}`, param }));

refuse(app, [
  ...limits,
  ...unknownJobs,
  ...anothers,
  ...changes,
  ...wrongMethods,
  ...queries,
  { path: `${JOBS}?after=ftjob-nothere`, status: 404, param: "after" },
  { path: `${JOBS}?after=`, status: 404, param: "after" },
  { path: `${JOBS}?after=${job}`, key: other, status: 404, param: "after" },
  { path: `${JOBS}/${job}/events?after=ftevent-nothere`, param: "after" },
  { path: `${JOBS}/${job}/events?after=${job}`, param: "after" },
  { path: `${JOBS}/${job}/checkpoints?after=ftckpt_nothere`, param: "after" },
  { path: JOBS, key: "sk-test-admin", status: 403, param: null },
  { method: "POST", path: JOBS, json: create, key: "sk-test-admin", status: 403, param: null },
]);
