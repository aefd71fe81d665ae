import { after } from "node:test";
import { createTestApp, tenRows } from "../test-app.ts";
import { refuse, valuesBut, type Wrong } from "../test-refusals.ts";

const app = await createTestApp();
after(() => app[Symbol.asyncDispose]());
const file: string = (await app.json(app.upload(tenRows))).id;
const userData: string = (await app.json(app.upload("x", { name: "a.txt", purpose: "user_data" }))).id;
const foreign: string = (await app.json(app.upload(tenRows, { key: await app.otherKey() }))).id;

const job = { model: "tiny-base", training_file: file };
const create = (json: unknown, param: string | null, status = 400): Wrong => ({
  method: "POST",
  path: "/v1/fine_tuning/jobs",
  json,
  status,
  param,
});
const withField = (name: string, values: readonly unknown[], param = name): Wrong[] =>
  values.map((value) => create({ ...job, [name]: value }, param));

const manyPairs = Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`k${index}`, "v"]));
const wandb = (value: unknown) => [{ type: "wandb", wandb: value }];

refuse(app, [
  ...withField("model", [...valuesBut("string"), null, ""]),
  ...withField("training_file", [...valuesBut("string"), null, ""]),
  ...withField("validation_file", [...valuesBut("string"), "", file]),
  ...withField("suffix", [...valuesBut("string"), "", "x".repeat(65), "a b", "a:b", "ü", "a/b", "a\u0000"]),
  ...withField("seed", [...valuesBut("integer"), -1, 2 ** 31, 1e300, "7"]),
  ...withField("metadata", [...valuesBut("object"), manyPairs]),
  ...withField("metadata", [{ a: 7 }, { a: null }, { a: [] }, { a: "x".repeat(513) }], "metadata.a"),
  ...withField("metadata", [{ ["k".repeat(65)]: "v" }], `metadata.${"k".repeat(65)}`),
  ...withField("integrations", valuesBut("array")),
  ...withField("integrations", [Array(6).fill({ type: "wandb", wandb: { project: "p" } })]),
  ...withField("integrations", [[7], [null], ["wandb"]], "integrations[0]"),
  ...withField("integrations", [[{}], [{ type: 7 }], [{ type: "mlflow" }]], "integrations[0].type"),
  ...withField("integrations", [[{ type: "wandb" }], wandb(7)], "integrations[0].wandb"),
  ...withField(
    "integrations",
    [wandb({}), wandb({ project: "" }), wandb({ project: 7 })],
    "integrations[0].wandb.project",
  ),
  ...withField("integrations", [wandb({ project: "p", tags: "x" })], "integrations[0].wandb.tags"),
  ...withField("integrations", [wandb({ project: "p", tags: [7] })], "integrations[0].wandb.tags[0]"),
  ...withField("integrations", [wandb({ project: "p", colour: "red" })], "integrations[0].wandb.colour"),
  ...withField("integrations", [wandb({ project: "p" })]),
  ...withField("hyperparameters", valuesBut("object")),
  ...withField("hyperparameters", [{ lr: 1 }], "hyperparameters.lr"),
  ...withField("method", valuesBut("object")),
  ...withField(
    "method",
    [{}, { type: null }, { type: 7 }, { type: "magic" }, { type: "reinforcement" }],
    "method.type",
  ),
  ...withField("method", [{ type: "supervised", colour: 1 }], "method.colour"),
  ...withField("method", [{ type: "supervised", supervised: 7 }], "method.supervised"),
  ...withField("method", [{ type: "supervised", supervised: { lr: 7 } }], "method.supervised.lr"),
  ...withField("method", [{ type: "supervised", dpo: {} }], "method.dpo"),
  ...withField("method", [{ type: "dpo", supervised: {} }], "method.supervised"),
  ...withField("method", [{ type: "dpo", reinforcement: {} }], "method.reinforcement"),
  ...withField("method", [{ type: "dpo", dpo: [] }], "method.dpo"),
  ...withField("unknown", [1, null, {}]),
  ...withField("__proto__x", [1]),
  create({}, "model"),
  create({ model: "tiny-base" }, "training_file"),
  create({ training_file: file }, "model"),
  create({ ...job, model: "gpt-4o-mini" }, null),
  create({ ...job, model: "ft:tiny-base:personal::nothere1" }, null),
  create({ ...job, model: "../../etc/passwd" }, null),
  create({ ...job, model: "tiny-base\u0000" }, null),
  create({ ...job, model: "x".repeat(100_000) }, null),
  create({ ...job, training_file: userData }, "training_file"),
  create({ ...job, validation_file: userData }, "validation_file"),
  create({ ...job, training_file: foreign }, "training_file"),
  create({ ...job, validation_file: foreign }, "validation_file"),
  create({ ...job, training_file: "file-nothere" }, "training_file"),
  create({ ...job, training_file: "../../etc/passwd" }, "training_file"),
  create({ ...job, training_file: "file-\u0000" }, "training_file"),
  create({ ...job, validation_file: "file-nothere" }, "validation_file"),
  create({ ...job, model: "\ud800" }, "model"),
  create({ ...job, metadata: { a: "\udc00" } }, "metadata.a"),
  create({ ...job, metadata: { "\ud83d": "v" } }, "metadata"),
  create({ ...job, metadata: JSON.parse('{"__proto__": "v"}') }, "metadata"),
]);

/** Values that no number between may be. */
const hyperparameters: Record<string, readonly unknown[]> = {
  n_epochs: [0, 51, -1, 1.5, 1e300, "few", "3", true, [], {}],
  batch_size: [0, 257, 1.5, "x", false, []],
  learning_rate_multiplier: [0, -1, "x", true, []],
  learning_rate: [0, -1, 1.1, "auto", true, []],
  lora_r: [0, 257, 1.5, "8", []],
  lora_alpha: [0, 1025, "16"],
  lora_dropout: [-0.1, 0.91, "x"],
  warmup_ratio: [-0.1, 1.1, "x"],
  lr_scheduler: ["exponential", 7, ""],
  weight_decay: [-1, 1.1, "x"],
  max_grad_norm: [-1, 1001, "x"],
  context_length: [15, 0, 1.5, "x", 2049, 1e300],
  packing: ["yes", 1, 0],
  quantization: ["int8", 4, true, "nf4"],
  lora_target_modules: ["q_proj", [], 7],
};
const places: Record<string, (value: unknown) => object> = {
  hyperparameters: (value) => ({ hyperparameters: value }),
  "method.supervised.hyperparameters": (value) => ({
    method: { type: "supervised", supervised: { hyperparameters: value } },
  }),
  "method.dpo.hyperparameters": (value) => ({ method: { type: "dpo", dpo: { hyperparameters: value } } }),
};

for (const [place, put] of Object.entries(places)) {
  const rows = Object.entries(hyperparameters).flatMap(([name, values]) =>
    values.map((value) => create({ ...job, ...put({ [name]: value }) }, `${place}.${name}`)),
  );
  const unknownLayer = create(
    { ...job, ...put({ lora_target_modules: ["lm_head"] }) },
    `${place}.lora_target_modules[0]`,
  );
  const layerTwice = create(
    { ...job, ...put({ lora_target_modules: ["q_proj", "v_proj", "q_proj"] }) },
    `${place}.lora_target_modules`,
  );
  const unknown = create({ ...job, ...put({ learning_rat: 1 }) }, `${place}.learning_rat`);
  refuse(app, [...rows, unknownLayer, layerTwice, unknown]);
}
refuse(
  app,
  [0, -1, 2.1, "x", true].map((beta) =>
    create(
      { ...job, method: { type: "dpo", dpo: { hyperparameters: { beta } } } },
      "method.dpo.hyperparameters.beta",
    ),
  ),
);
