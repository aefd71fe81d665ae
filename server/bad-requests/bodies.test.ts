import { after } from "node:test";
import { createTestApp } from "../test-app.ts";
import { refuse, type Wrong } from "../test-refusals.ts";

const app = await createTestApp();
after(() => app[Symbol.asyncDispose]());

const admin = "sk-test-admin";
/** Every call that reads a JSON body, and the first parameter that an empty one lacks. */
const calls: { path: string; key?: string; first: string }[] = [
  { path: "/v1/fine_tuning/jobs", first: "model" },
  { path: "/v1/chat/completions", first: "model" },
  { path: "/v1/organization/projects", key: admin, first: "name" },
];

const bytes = (...values: number[]) => Uint8Array.from(values);
const notJson: (string | Uint8Array<ArrayBuffer>)[] = [
  "{",
  '{"model":',
  '{"model":"x",}',
  "{'model':'x'}",
  "{model:1}",
  "nul",
  "NaN",
  '{"seed":NaN}',
  '{"seed":0x10}',
  '{"seed":01}',
  '{"model":"\\ux"}',
  '{"model":"a\nb"}',
  "\u0000",
  "model=tiny-base",
  bytes(0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00),
  bytes(0x1f, 0x8b, 8, 0, 0, 0, 0, 0),
  bytes(0x7b, 0xc3, 0x28, 0x7d),
  `${"[".repeat(100_000)}`,
  `${"[".repeat(65)}${"]".repeat(65)}`,
  `{"a":${'{"a":'.repeat(70)}1${"}".repeat(70)}}`,
];
const notAnObject = ["null", "[]", "7", "1e999", '"text"', "true", "[{}]"];

const rows = calls.flatMap(({ path, key, first }): Wrong[] => {
  const call = { method: "POST" as const, path, ...(key ? { key } : {}) };
  return [
    ...[...notJson, ...notAnObject].map((raw) => ({ ...call, raw, param: null })),
    ...["", " \n\t", "{}"].map((raw) => ({ ...call, raw, param: first })),
    { ...call, raw: '{"constructor":{"prototype":{"x":1}}}', param: first },
  ];
});
refuse(app, rows);

const huge = ["1e999", "-1e999", "1".repeat(400), "123456789012345678901234567890", "1e-999"];
refuse(app, [
  ...huge
    .filter((number) => number !== "1e-999")
    .map(
      (seed): Wrong => ({
        method: "POST",
        path: "/v1/fine_tuning/jobs",
        raw: `{"model":"tiny-base","training_file":"file-x","seed":${seed}}`,
        param: "seed",
      }),
    ),
  ...["n_epochs", "learning_rate_multiplier"].map(
    (name): Wrong => ({
      method: "POST",
      path: "/v1/fine_tuning/jobs",
      raw: `{"model":"tiny-base","training_file":"file-x","hyperparameters":{"${name}":1e999}}`,
      param: `hyperparameters.${name}`,
    }),
  ),
]);

const noKey: Wrong[] = [
  "",
  "Bearer",
  "Bearer ",
  "Basic eDp5",
  "sk-test-project",
  "Token sk-test-project",
].map((authorization) => ({ path: "/v1/models", headers: { authorization }, status: 401, param: null }));
const wrongKey: Wrong[] = ["sk-wrong", "sk-test-projec", "sk-test-project1", "x".repeat(8000), "%00"].map(
  (key) => ({
    path: "/v1/fine_tuning/jobs",
    key,
    status: 401,
    param: null,
  }),
);
const nowhere: Wrong[] = [
  "/v1",
  "/v1/",
  "/v1/nothing",
  "/v1/fine_tuning",
  "/v1/fine_tuning/",
  "/v1/fine-tuning/jobs",
  "/v1/fine_tunes",
  "/v1/fine_tuning/jobs/x/y",
  "/v2/models",
  "/V1/models",
  "/v1//models",
].map((path) => ({ path, status: 404, param: null }));
const packed = ["gzip", "br", "deflate", "identity, gzip", "zstd"].flatMap((encoding) =>
  ["/v1/chat/completions", "/v1/files", "/v1/responses"].map(
    (path): Wrong => ({
      method: "POST",
      path,
      raw: "{}",
      headers: { "content-encoding": encoding },
      status: 415,
      param: null,
    }),
  ),
);
refuse(app, packed);
refuse(app, [...noKey, ...wrongKey, ...nowhere]);
