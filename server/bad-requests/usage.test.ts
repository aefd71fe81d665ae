import { after } from "node:test";
import { createTestApp } from "../test-app.ts";
import { refuse, valuesBut, type Wrong } from "../test-refusals.ts";

const app = await createTestApp();
after(() => app[Symbol.asyncDispose]());
const key = "sk-test-admin";
const PROJECTS = "/v1/organization/projects";
const { id } = await app.json(app.post(PROJECTS, { name: "Support" }, key));
const LIMITS = `${PROJECTS}/${id}/rate_limits`;
const LIMIT = `${LIMITS}/rl-tiny-base`;
const OPENAI_USAGE = "/v1/organization/usage/completions";

const perMinute = ["max_requests_per_1_minute", "max_tokens_per_1_minute"].flatMap((name) =>
  [...valuesBut("integer"), 0, -1, 1e13, 1e300].map(
    (value): Wrong => ({ method: "POST", path: LIMIT, json: { [name]: value }, key, param: name }),
  ),
);
const ofOtherModels = [
  "max_images_per_1_minute",
  "max_audio_megabytes_per_1_minute",
  "max_requests_per_1_day",
  "batch_1_day_max_input_tokens",
  "colour",
].map((name): Wrong => ({ method: "POST", path: LIMIT, json: { [name]: 1 }, key, param: name }));
const unknownLimits = ["rl-none", "tiny-base", "rl-", "%00", "%E0%A4%A", "x".repeat(3000)].map(
  (name): Wrong => ({
    method: "POST",
    path: `${LIMITS}/${name}`,
    json: {},
    key,
    status: 404,
    param: "rate_limit_id",
  }),
);
const unknownProjects = ["proj_none", "%00", "x".repeat(3000)].flatMap((project): Wrong[] => {
  const path = `${PROJECTS}/${project}/rate_limits`;
  return [
    { path, key, status: 404, param: "project_id" },
    { method: "POST", path: `${path}/rl-tiny-base`, json: {}, key, status: 404, param: "project_id" },
  ];
});
const limitPages = ["0", "101", "x", "-1", "1.5", "1e9"].map(
  (limit): Wrong => ({ path: `${LIMITS}?limit=${limit}`, key, param: "limit" }),
);

const requestLists = Object.entries({
  limit: ["0", "1001", "x", "-1", "1e3"],
  after: ["req_1", "rlog_", "rlog_x", "rlog_12345678901234567", "%00"],
  status: ["", "fine", "OK", "%00"],
  since: ["yesterday", "-1", "1.5", "999999999999"],
  model: ["m".repeat(257)],
  project_id: ["p".repeat(65)],
}).flatMap(([param, values]) =>
  values.map((value): Wrong => ({ path: `/v1/perennial/requests?${param}=${value}`, param })),
);

const usagePaths = [`${OPENAI_USAGE}?start_time=0&`, "/v1/perennial/usage?"];
const usageQueries = usagePaths.flatMap((path) =>
  Object.entries({
    end_time: ["soon", "-1", "1.5"],
    bucket_width: ["1w", "", "day"],
    limit: ["0", "32", "x"],
    page: ["2", "page_x", "page_999999999999"],
    batch: ["maybe"],
    group_by: ["colour"],
  }).flatMap(([name, values]) =>
    values.map((value): Wrong => {
      const param = name === "group_by" ? "group_by[0]" : name;
      return { path: `${path}${name}=${value}`, key, param };
    }),
  ),
);
const manyModels = Array.from({ length: 101 }, (_, index) => `models[]=m${index}`).join("&");

refuse(app, [
  ...perMinute,
  ...ofOtherModels,
  ...unknownLimits,
  ...unknownProjects,
  ...limitPages,
  ...requestLists,
  ...usageQueries,
  { path: OPENAI_USAGE, key, param: "start_time" },
  { path: `${OPENAI_USAGE}?start_time=x`, key, param: "start_time" },
  { path: `${OPENAI_USAGE}?start_time=0&${manyModels}`, key, param: "models" },
  { path: `${OPENAI_USAGE}?start_time=0&bucket_width=1h&limit=169`, key, param: "limit" },
  { path: `${OPENAI_USAGE}?start_time=0`, status: 403, param: null },
  { path: LIMITS, status: 403, param: null },
  { method: "POST", path: LIMIT, json: {}, status: 403, param: null },
]);
