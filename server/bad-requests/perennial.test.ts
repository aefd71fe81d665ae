import { after } from "node:test";
import { createTestApp, tenRows } from "../test-app.ts";
import { refuse, valuesBut, type Wrong } from "../test-refusals.ts";

const app = await createTestApp();
after(() => app[Symbol.asyncDispose]());
const other = await app.otherKey();
const admin = "sk-test-admin";
const file: string = (await app.json(app.upload(tenRows))).id;
const answers: string = (await app.json(app.upload("{}\n", { purpose: "user_data" }))).id;

const HOOKS = "/v1/webhook_endpoints";
const hook = { name: "ci", url: "https://example.org/hook", event_types: ["fine_tuning.job.succeeded"] };
const { id: hookId } = await app.json(app.post(HOOKS, hook));
const wrongFields: [field: string, values: readonly unknown[], param?: string][] = [
  ["name", [...valuesBut("string"), "", "x".repeat(257)]],
  ["url", [...valuesBut("string"), "", "x", "ftp://example.org/", "https://a:b@example.org/", "http://"]],
  ["url", ["http://127.0.0.1/", "http://10.0.0.1/", "http://[::1]/", "http://169.254.169.254/latest"]],
  ["url", ["http://localhost:4010/v1", "http://2130706433/", "http://0x7f.1/", "javascript:alert(1)"]],
  ["url", [`https://example.org/${"x".repeat(2048)}`, "//example.org", "file:///etc/passwd"]],
  ["event_types", [...valuesBut("array"), []]],
  ["event_types", [[7], ["batch.completed"], ["fine_tuning.job.paused"], [""]], "event_types[0]"],
  ["enabled", valuesBut("boolean")],
  ["colour", ["red"]],
];
const hooks = wrongFields.flatMap(([field, values, param = field]) =>
  values.flatMap((value): Wrong[] => [
    { method: "POST", path: HOOKS, json: { ...hook, [field]: value }, param },
    { method: "POST", path: `${HOOKS}/${hookId}`, json: { [field]: value }, param },
  ]),
);
const noHook = ["we_nothere", "%00", "%E0%A4%A", "a".repeat(4000)].flatMap((id): Wrong[] => {
  const refused = { status: 404, param: "id" };
  return [
    { path: `${HOOKS}/${id}`, ...refused },
    { method: "DELETE", path: `${HOOKS}/${id}`, ...refused },
    { method: "POST", path: `${HOOKS}/${id}`, json: { name: "x" }, ...refused },
    { method: "POST", path: `${HOOKS}/${id}/rotate_secret`, json: {}, ...refused },
    { path: `/v1/perennial/webhooks/${id}/deliveries`, ...refused },
  ];
});
const deliveries: Wrong[] = [
  { path: `/v1/perennial/webhooks/${hookId}/deliveries?status=lost`, param: "status" },
  { path: `/v1/perennial/webhooks/${hookId}/deliveries?limit=101`, param: "limit" },
  { path: `/v1/perennial/webhooks/${hookId}/deliveries/x`, status: 404, param: "delivery_id" },
  ...[-1, "x", 1.5, null].map(
    (since): Wrong => ({
      method: "POST",
      path: `/v1/perennial/webhooks/${hookId}/replay`,
      json: { since },
      param: "since",
    }),
  ),
];

const PERMISSIONS = "/v1/fine_tuning/checkpoints/ft:tiny-base:personal::nothere1/permissions";
const permissions: Wrong[] = [
  { path: PERMISSIONS, status: 403, param: null },
  { path: PERMISSIONS, key: admin, status: 404, param: "fine_tuned_model_checkpoint" },
  ...[{}, ...[...valuesBut("array"), []].map((project_ids) => ({ project_ids }))].map(
    (json): Wrong => ({ method: "POST", path: PERMISSIONS, json, key: admin, param: "project_ids" }),
  ),
  { method: "POST", path: PERMISSIONS, json: { project_ids: [7] }, key: admin, param: "project_ids[0]" },
  { path: `${PERMISSIONS}?order=asc`, key: admin, param: "order" },
  { path: `${PERMISSIONS}?limit=0`, key: admin, param: "limit" },
  {
    method: "DELETE",
    path: `${PERMISSIONS}/cp_x`,
    key: admin,
    status: 404,
    param: "fine_tuned_model_checkpoint",
  },
  { method: "DELETE", path: `${PERMISSIONS}/cp_x`, status: 403, param: null },
];

const ESTIMATE = "/v1/perennial/fine_tuning/estimate";
const job = { model: "tiny-base", training_file: file };
const estimates: Wrong[] = [
  ...[...valuesBut("string"), null].flatMap((value): Wrong[] => [
    { method: "POST", path: ESTIMATE, json: { ...job, model: value }, param: "model" },
    { method: "POST", path: ESTIMATE, json: { ...job, training_file: value }, param: "training_file" },
  ]),
  { method: "POST", path: ESTIMATE, json: { ...job, model: "gpt-9" }, param: null },
  {
    method: "POST",
    path: ESTIMATE,
    json: { ...job, training_file: "file-nothere" },
    param: "training_file",
  },
  {
    method: "POST",
    path: ESTIMATE,
    json: { ...job, validation_file: "file-no" },
    param: "validation_file",
  },
  {
    method: "POST",
    path: ESTIMATE,
    json: { ...job, hyperparameters: { n_epochs: 0 } },
    param: "hyperparameters.n_epochs",
  },
  { method: "POST", path: ESTIMATE, json: { ...job, colour: 1 }, param: "colour" },
  { method: "POST", path: ESTIMATE, json: job, key: other, param: "training_file" },
  { method: "POST", path: ESTIMATE, json: job, key: admin, status: 403, param: null },
  { path: ESTIMATE, status: 404, param: null },
];

const FILES = "/v1/perennial/files";
const checks: Wrong[] = [
  ...["check", "preview?model=tiny-base"].flatMap((what): Wrong[] => [
    { path: `${FILES}/file-nothere/${what}`, status: 404, param: "id" },
    { path: `${FILES}/${file}/${what}`, key: other, status: 404, param: "id" },
    { path: `${FILES}/${file}/${what}`, key: admin, status: 403, param: null },
    { path: `${FILES}/%00/${what}`, status: 404, param: "id" },
  ]),
  { path: `${FILES}/${file}/check?method=rft`, param: "method" },
  { path: `${FILES}/${file}/check?colour=red`, param: "colour" },
  { path: `${FILES}/${file}/check?validation_file=file-nothere`, status: 404, param: "validation_file" },
  { path: `${FILES}/${file}/check?model=gpt-9`, status: 404, param: "model" },
  { path: `${FILES}/${file}/preview`, param: "model" },
  { path: `${FILES}/${file}/preview?model=gpt-9`, status: 404, param: "model" },
  ...["0", "-1", "x", "1e9"].map(
    (limit): Wrong => ({ path: `${FILES}/${file}/preview?model=tiny-base&limit=${limit}`, param: "limit" }),
  ),
  ...["-1", "x", "9".repeat(12)].map(
    (after): Wrong => ({ path: `${FILES}/${file}/preview?model=tiny-base&after=${after}`, param: "after" }),
  ),
  { path: `${FILES}/${answers}/check`, param: "id" },
];

refuse(app, [...hooks, ...noHook, ...deliveries, ...permissions, ...estimates, ...checks]);
