import { after } from "node:test";
import { createTestApp } from "../test-app.ts";
import { refuse, valuesBut, type Wrong } from "../test-refusals.ts";

const app = await createTestApp();
after(() => app[Symbol.asyncDispose]());
const admin = "sk-test-admin";
const PROJECTS = "/v1/organization/projects";
const { id } = await app.json(app.post(PROJECTS, { name: "Support" }, admin));
const makers = [PROJECTS, `${PROJECTS}/${id}/api_keys`, `${PROJECTS}/${id}/service_accounts`];

const names = makers.flatMap((path) =>
  [...valuesBut("string"), null, "", "x".repeat(101), "\ud800"].flatMap((name): Wrong[] => [
    { method: "POST", path, json: { name }, key: admin, param: "name" },
  ]),
);
const unknownFields = makers.map(
  (path): Wrong => ({ method: "POST", path, json: { name: "x", colour: 1 }, key: admin, param: "colour" }),
);
const notForProjects = makers.flatMap((path): Wrong[] => [
  { path, status: path.endsWith("service_accounts") ? 404 : 403, param: null },
  { method: "POST", path, json: { name: "x" }, status: 403, param: null },
]);
const unknownProjects = ["proj_nothere", "%00", "%E0%A4%A", "x".repeat(3000)].flatMap((project): Wrong[] => {
  const path = `${PROJECTS}/${project}`;
  const refused = { key: admin, status: 404, param: "project_id" };
  return [
    { path, ...refused },
    { path: `${path}/api_keys`, ...refused },
    { method: "POST", path: `${path}/archive`, ...refused },
    { method: "POST", path: `${path}/api_keys`, json: { name: "x" }, ...refused },
  ];
});
const models = ["nothere", "ft:tiny-base:personal::nothere1", "%00", "%E0%A4%A", "a".repeat(5000)].flatMap(
  (model): Wrong[] => [
    { path: `/v1/models/${model}`, status: 404, param: "model" },
    { method: "DELETE", path: `/v1/models/${model}`, status: 404, param: "model" },
  ],
);

refuse(app, [
  ...names,
  ...unknownFields,
  ...notForProjects,
  ...unknownProjects,
  ...models,
  { method: "DELETE", path: "/v1/models/tiny-base", status: 403, param: "model" },
  { path: "/v1/models", key: admin, status: 403, param: null },
  { method: "POST", path: "/v1/models", json: {}, status: 404, param: null },
  { path: `${PROJECTS}/${id}/api_keys/key_nothere`, key: admin, status: 404, param: "api_key_id" },
  {
    method: "DELETE",
    path: `${PROJECTS}/${id}/api_keys/key_nothere`,
    key: admin,
    status: 404,
    param: "api_key_id",
  },
]);
