import assert from "node:assert/strict";
import { after, test } from "node:test";
import fc from "fast-check";
import { ErrorBody } from "../../contract/errors.ts";
import { createTestApp, tenRows } from "../test-app.ts";

const app = await createTestApp({ environment: { PERENNIAL_PROJECT_WAITING_JOBS: "3" } });
after(() => app[Symbol.asyncDispose]());
const file: string = (await app.json(app.upload(tenRows))).id;
const admin = "sk-test-admin";

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.constantFrom("", "auto", "tiny-base", file, "\u0000", "\ud800", "__proto__", "../..", "x".repeat(2000)),
);
const value = fc.oneof(
  { weight: 3, arbitrary: text },
  fc.double(),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.jsonValue({ maxDepth: 4 }),
);
const objectOf = (...names: string[]) =>
  fc.dictionary(fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...names) }, text), value, { maxKeys: 6 });

const hyperparameters = objectOf(
  "n_epochs",
  "batch_size",
  "learning_rate",
  "lora_r",
  "context_length",
  "quantization",
  "beta",
);
const method = fc.record(
  {
    type: fc.oneof(fc.constantFrom("supervised", "dpo", "reinforcement"), value),
    supervised: fc.oneof(fc.record({ hyperparameters: fc.oneof(hyperparameters, value) }), value),
    dpo: fc.oneof(fc.record({ hyperparameters: fc.oneof(hyperparameters, value) }), value),
  },
  { requiredKeys: [] },
);
const mostly = <T>(good: T, other: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant<unknown>(good) }, other);

const job = fc.record(
  {
    model: mostly("tiny-base", value),
    training_file: mostly(file, value),
    validation_file: value,
    suffix: value,
    seed: value,
    metadata: fc.oneof(objectOf("a"), value),
    integrations: fc.oneof(fc.array(objectOf("type", "wandb"), { maxLength: 3 }), value),
    hyperparameters: fc.oneof(hyperparameters, value),
    method: fc.oneof(method, value),
  },
  { requiredKeys: ["model", "training_file"] },
);
const message = fc.oneof(objectOf("role", "content", "tool_calls", "name"), value);
const chat = fc.record(
  {
    model: mostly("tiny-base", value),
    messages: fc.oneof(fc.array(message, { maxLength: 3 }), value),
    temperature: value,
    stop: value,
    tools: fc.oneof(fc.array(objectOf("type", "function"), { maxLength: 2 }), value),
    response_format: fc.oneof(objectOf("type", "json_schema"), value),
    stream: fc.boolean(),
  },
  { requiredKeys: ["model", "messages"] },
);
const item = fc.oneof(objectOf("type", "role", "content", "id", "call_id", "output", "arguments"), value);
const response = fc.record(
  {
    model: mostly("tiny-base", value),
    input: fc.oneof(text, fc.array(item, { maxLength: 3 }), value),
    previous_response_id: value,
    conversation: value,
    tools: fc.oneof(fc.array(objectOf("type", "name", "parameters"), { maxLength: 2 }), value),
    tool_choice: value,
    text: fc.oneof(objectOf("format"), value),
    background: fc.boolean(),
    stream: fc.boolean(),
  },
  { requiredKeys: ["model", "input"] },
);
const conversation = fc.record({ items: fc.oneof(fc.array(item, { maxLength: 3 }), value), metadata: value });
const project = objectOf("name");

type Call = { path: string; key?: string; bodies: fc.Arbitrary<unknown> };
const calls: Call[] = [
  { path: "/v1/fine_tuning/jobs", bodies: fc.oneof(job, value) },
  { path: "/v1/chat/completions", bodies: fc.oneof(chat, value) },
  { path: "/v1/responses", bodies: fc.oneof(response, value) },
  { path: "/v1/responses/input_tokens", bodies: fc.oneof(response, value) },
  { path: "/v1/conversations", bodies: fc.oneof(conversation, value) },
  { path: "/v1/organization/projects", key: admin, bodies: fc.oneof(project, value) },
];

async function assertNoFault(response: Response) {
  assert.ok(response.status < 500, `${response.status}: ${await response.clone().text()}`);
  if (response.status >= 400) ErrorBody.parse(await app.json(response));
  else await response.text();
}

for (const { path, key, bodies } of calls) {
  test(`no body makes POST ${path} fail on the server's side`, async () => {
    const property = fc.asyncProperty(bodies, async (sent) => assertNoFault(await app.post(path, sent, key)));
    await fc.assert(property, { numRuns: 400 });
  });
}

test("no text at all makes a call fail on the server's side", async () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.json().map((json) => new TextEncoder().encode(json)),
  );
  const property = fc.asyncProperty(fc.constantFrom(...calls), bytes, async ({ path, key }, sent) => {
    await assertNoFault(await app.call(path, { method: "POST", body: Uint8Array.from(sent) }, key));
  });
  await fc.assert(property, { numRuns: 300 });
});

test("no multipart body makes an upload fail on the server's side", async () => {
  const part = fc.tuple(
    fc.constantFrom("purpose", "file", "expires_after[seconds]", "x"),
    text,
    fc.boolean(),
  );
  const property = fc.asyncProperty(
    fc.array(part, { maxLength: 4 }),
    fc.nat({ max: 400 }),
    async (parts, cut) => {
      const lines = parts.flatMap(([name, content, isFile]) => [
        "--b",
        `content-disposition: form-data; name="${name}"${isFile ? '; filename="a.jsonl"' : ""}`,
        "",
        content,
      ]);
      const whole = new TextEncoder().encode([...lines, "--b--", ""].join("\r\n"));
      const headers = { "content-type": "multipart/form-data; boundary=b" };
      await assertNoFault(
        await app.call("/v1/files", { method: "POST", body: whole.slice(0, cut), headers }),
      );
    },
  );
  await fc.assert(property, { numRuns: 300 });
});

test("no path and no query makes a call fail on the server's side", async () => {
  const known = [
    "v1",
    "fine_tuning",
    "jobs",
    "files",
    "models",
    "chat",
    "events",
    "checkpoints",
    "content",
    "pause",
    "responses",
    "conversations",
    "items",
    "input_items",
    "cancel",
  ];
  const piece = fc.oneof(
    fc.constantFrom(...known),
    text.map((one) => encodeURIComponent(one.toWellFormed())),
    fc.constant("%E0%A4%A"),
  );
  const query = fc.dictionary(
    fc.constantFrom("limit", "after", "order", "purpose", "metadata", "metadata[a]", "metadata["),
    text,
  );
  const methods = fc.constantFrom("GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS");
  const property = fc.asyncProperty(
    methods,
    fc.array(piece, { maxLength: 5 }),
    query,
    async (verb, pieces, pairs) => {
      const search = new URLSearchParams(
        Object.entries(pairs).map(([name, one]): [string, string] => [name, one.toWellFormed()]),
      );
      const response = await app.call(`/v1/${pieces.join("/")}?${search}`, { method: verb });
      assert.ok(response.status < 500);
      await response.text();
    },
  );
  await fc.assert(property, { numRuns: 500 });
});
