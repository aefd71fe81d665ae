import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import { CliError } from "../cli-error.ts";
import { openUsageFile, readUsage } from "./read-usage.ts";

const folder = mkdtempSync(join(tmpdir(), "perennial-usage-"));
after(() => rmSync(folder, { recursive: true }));

async function* inPieces(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

type Given = { readonly size?: number; readonly signal?: AbortSignal };

async function read(content: string | Uint8Array, { size = 7, signal }: Given = {}) {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const usage = await readUsage({
    name: "usage.csv",
    bytes: inPieces(bytes, size),
    signal: signal ?? new AbortController().signal,
  });
  return usage.models.map(({ model, requests, tokens }) => [model, requests, tokens]);
}

const refused = (content: string | Uint8Array, text: RegExp) =>
  assert.rejects(read(content), (error) => {
    assert.ok(error instanceof CliError, String(error));
    assert.match(error.message, text);
    return true;
  });

const two = [
  ["gpt-4o", 3, 30],
  ["gpt-4", 5, 7],
];

const files: [what: string, content: string][] = [
  [
    "OpenAI's export",
    "start_time,num_model_requests,input_tokens,output_tokens,model\n1,1,10,5,gpt-4o\n2,2,10,5,gpt-4o\n1,5,4,3,gpt-4\n",
  ],
  [
    "the export of before",
    "model,n_requests,n_context_tokens_total,n_generated_tokens_total\ngpt-4o,3,10,20\ngpt-4,5,4,3\n",
  ],
  [
    "other names of columns",
    "Model Id;Request Count;Prompt Tokens;Completion Tokens\ngpt-4o;3;10;20\ngpt-4;5;4;3\n",
  ],
  ["names as programs write them", "snapshotId\tnumModelRequests\ttotalTokens\ngpt-4o\t3\t30\ngpt-4\t5\t7"],
  ["BOM, CRLF and quotes", '\ufeff"model","requests","tokens"\r\n"gpt-4o","3","30"\r\n"gpt-4","5","7"\r\n'],
  [
    "quotes with commas and line ends",
    'note,model,requests,tokens\n"a, b\nc",gpt-4o,3,30\n"say ""x""",gpt-4,5,7\n',
  ],
  ["thousands", 'model;requests;tokens\ngpt-4o;3;"30"\ngpt-4;5.0;7\n'],
  ["empty lines and spaces", "\n\nmodel,requests,tokens\n\n gpt-4o ,3,30\n,,\ngpt-4, 5 ,7\n\n"],
  ["short and long rows", "requests,tokens,model\n3,30,gpt-4o,more,more\n5,7,gpt-4\n"],
  [
    "line items of costs, without counts of their own",
    'requests,line_item,tokens\n3,"gpt-4o, input",10\n0,"gpt-4o, output",20\n5,gpt-4,7\n',
  ],
  [
    "OpenAI's answer as JSON",
    JSON.stringify({
      object: "page",
      data: [
        {
          object: "bucket",
          start_time: 1,
          results: [
            {
              object: "organization.usage.completions.result",
              num_model_requests: 3,
              input_tokens: 10,
              output_tokens: 20,
              model: "gpt-4o",
              project_id: null,
            },
            { num_model_requests: 2, input_tokens: 4, output_tokens: 0, model: "gpt-4" },
          ],
        },
        {
          object: "bucket",
          results: [{ num_model_requests: 3, input_tokens: 0, output_tokens: 3, model: "gpt-4" }],
        },
      ],
      has_more: false,
    }),
  ],
  [
    "several pages of JSON, and the answer of before",
    JSON.stringify([
      {
        data: [
          { snapshot_id: "gpt-4o", n_requests: 3, n_context_tokens_total: 10, n_generated_tokens_total: 20 },
        ],
      },
      {
        data: [
          { snapshot_id: "gpt-4", n_requests: 5, n_context_tokens_total: 4, n_generated_tokens_total: 3 },
        ],
      },
    ]),
  ],
];

for (const [what, content] of files) {
  test(`${what} is read, however it comes in pieces`, async () => {
    for (const size of [1, 5, 100_000]) assert.deepEqual(await read(content, { size }), two);
  });
}

test("a list of names is usage without counts", async () => {
  const list = [
    ["gpt-4o", 0, 0],
    ["ft:gpt-4:acme::x", 0, 0],
  ];
  assert.deepEqual(await read("gpt-4o\nft:gpt-4:acme::x\n"), list);
  assert.deepEqual(await read("gpt-4o\r\n\r\nft:gpt-4:acme::x"), list);
  assert.deepEqual(await read('["gpt-4o", "ft:gpt-4:acme::x"]'), list);
  assert.deepEqual(await read("gpt-4o"), [["gpt-4o", 0, 0]]);
  assert.deepEqual(await read("model\ngpt-4o\n"), [["gpt-4o", 0, 0]]);
});

test("UTF-16, as spreadsheets save it, is read", async () => {
  const text = "\ufeffmodel,requests,tokens\r\ngpt-4o,3,30\r\ngpt-4,5,7\r\n";
  assert.deepEqual(await read(new Uint8Array(Buffer.from(text, "utf16le"))), two);
});

test("rows of no model are counted, not taken", async () => {
  const content = "model,requests\ngpt-4o,1\n,4\nnull,4\n";
  const usage = await readUsage({
    name: "usage.csv",
    bytes: inPieces(new TextEncoder().encode(content), 100),
    signal: new AbortController().signal,
  });
  assert.deepEqual([usage.models.length, usage.rowsWithoutModel], [1, 2]);
});

test("numbers are read as people write them", async () => {
  assert.deepEqual(await read('model,requests,tokens\na,"1,234","12,345,678"\nb,1_000,1e3\nc,2.5,\n'), [
    ["a", 1234, 12_345_678],
    ["b", 1000, 1000],
    ["c", 2.5, 0],
  ]);
});

test("what is no usage is refused with what to do", async () => {
  await refused("date,cost\n2026-01-01,3\n", /no column of models \(model, .*\)\. Its columns: date, cost\./);
  await refused("a,b,model,requests\n1,2,gpt-4o,many\n", /line 2: requests is 'many', which is no count\./);
  await refused("a,b\u001b[2J\n1,2\n", /Its columns: a, b\[2J\.$/);
  await refused("model,requests\ngpt-4o,-3\n", /'-3', which is no count/);
  await refused(
    "model,requests\n,3\n,4\n",
    /No row of usage\.csv says its model: export the usage grouped by model/,
  );
  await refused('{"data":[{"results":[{"model":null,"num_model_requests":3}]}]}', /grouped by model/);
  await refused("model,requests\n", /holds no usage/);
  await refused(
    "# Notes\n\nOf models.\n",
    /usage\.csv, line 1: '# Notes' is no model's name\. Give a usage export .* or a list of one name a line\.$/,
  );
  await refused("", /holds no usage/);
  await refused("{}", /holds no usage/);
  await refused('{"data": [', /begins like JSON, but is none/);
  await refused('{"model": "gpt-4o", "requests": "many"}', /'many', which is no count/);
  await refused(`model,requests\n"gpt-4o,3\n${"x".repeat(2_000_000)}`, /is no CSV/);
  await refused(new Uint8Array([0x50, 0x4b, 3, 4, 0, 0, 0, 8]), /is no text/);
  await refused(`model\n${"x".repeat(400)}\n`, /a model of 400 characters/);
  const many = Array.from({ length: 20_001 }, (_, index) => `m${index}`).join("\n");
  await assert.rejects(read(many, { size: 100_000 }), /more than 20000 models/);
});

test("a file that is not there or is a folder is refused by its name", () => {
  assert.throws(() => openUsageFile(join(folder, "none.csv")), /There is no file .*none\.csv\./);
  assert.throws(() => openUsageFile(folder), /is a folder/);
});

test("a file is streamed: of a large one only the names are held", async () => {
  const path = join(folder, "large.csv");
  const rows = Array.from({ length: 300_000 }, (_, index) => `${index},model-${index % 50},1,2,3`).join("\n");
  writeFileSync(path, `time,model,num_model_requests,input_tokens,output_tokens\n${rows}\n`);
  const { bytes, size } = openUsageFile(path);
  let seen = 0;
  const onRead = (read: number) => {
    seen = read;
  };
  const usage = await readUsage({ name: path, bytes, signal: new AbortController().signal, onRead });
  assert.equal(seen, size);
  assert.equal(usage.models.length, 50);
  assert.deepEqual(usage.models[7], { model: "model-7", requests: 6000, tokens: 30_000 });
});

test("a reader who gives up is not kept waiting", async () => {
  const controller = new AbortController();
  async function* slowly() {
    yield new TextEncoder().encode("model,requests\ngpt-4o,1\n");
    controller.abort();
    yield new TextEncoder().encode("gpt-4o,1\n");
  }
  await assert.rejects(readUsage({ name: "-", bytes: slowly(), signal: controller.signal }), {
    name: "AbortError",
  });
});

test("whatever the text is, it is read or refused with a sentence", async () => {
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 60 }),
    fc
      .array(
        fc.constantFrom("model", "gpt-4o", ",", ";", '"', "\n", "\r", "{", "[", "}", "3", "requests", "\t"),
      )
      .map((parts) => parts.join("")),
  );
  await fc.assert(
    fc.asyncProperty(text, async (content) => {
      await read(content, { size: 3 }).catch((error: unknown) => {
        assert.ok(error instanceof CliError, String(error));
      });
    }),
    { numRuns: 300 },
  );
});
