import assert from "node:assert/strict";
import { test } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import fc from "fast-check";
import { accepts, write } from "./fixtures/grammar-player.ts";
import { jsonRules } from "./json.ts";
import { readSchema, schemaGrammar } from "./schema-grammar.ts";

const rulesOf = (schema: unknown, isStrict = true) => {
  const { root, rules } = readSchema(schema, { isStrict, prefix: "s" });
  return new Map([["root", root], ...jsonRules, ...rules]);
};
const ajv = new Ajv2020({ strict: false });
addFormats.default(ajv);

const person = {
  type: "object",
  properties: { name: { type: "string", minLength: 1 }, age: { type: "integer", minimum: 0, maximum: 130 } },
  required: ["name"],
  additionalProperties: false,
};
const list = {
  $defs: {
    node: {
      type: "object",
      properties: {
        value: { type: "number" },
        next: { anyOf: [{ $ref: "#/$defs/node" }, { type: "null" }] },
      },
      required: ["value", "next"],
      additionalProperties: false,
    },
  },
  $ref: "#/$defs/node",
};
const tree = {
  type: "object",
  properties: { name: { type: "string" }, children: { type: "array", items: { $ref: "#" }, maxItems: 2 } },
  required: ["name", "children"],
  additionalProperties: false,
};

/** A schema, JSON that it takes, and JSON that it does not. */
const cases: [string, unknown, string[], string[]][] = [
  [
    "an object",
    person,
    ['{"name":"Bo"}', '{"name": "Bo", "age": 130}', '{\n  "name": "Bo"\n}'],
    ["{}", '{"name":""}', '{"name":"B","age":131}', '{"name":"B","x":1}', '{"age":1}'],
  ],
  [
    "members that are left out",
    { type: "object", properties: { a: {}, b: {}, c: {} } },
    ["{}", '{"a":1}', '{"b":[]}', '{"a":1,"c":{"x":null}}', '{"c":"x"}'],
    ['{,"a":1}', '{"a":1,}', '{"d":1}'],
  ],
  ["free objects", { type: "object" }, ["{}", '{"x":{"y":[1,2]}}'], ["[]", "7"]],
  [
    "maps",
    { type: "object", additionalProperties: { type: "boolean" } },
    ['{"x":true,"y":false}', "{}"],
    ['{"x":1}'],
  ],
  ["no members", { type: "object", properties: {}, additionalProperties: false }, ["{}"], ['{"x":1}']],
  [
    "several types",
    { type: ["string", "null"] },
    ['"x"', "null", '"\\n\\u00e9"'],
    ["7", '"\\ud800"', '"\n"'],
  ],
  ["enums of all kinds", { enum: ["a", 1, null, { b: [2] }] }, ['"a"', "1", "null", '{"b":[2]}'], ['"b"']],
  ["enums by their type", { type: "string", enum: ["a", null] }, ['"a"'], ["null"]],
  ["constants", { const: 'q"uote' }, ['"q\\"uote"'], ['"quote"']],
  [
    "arrays in arrays",
    {
      type: "array",
      items: { type: "array", items: { type: "integer" }, maxItems: 1 },
      minItems: 1,
      maxItems: 2,
    },
    ["[[]]", "[[1],[2]]"],
    ["[]", "[[1,2]]", "[[],[],[]]"],
  ],
  ["empty arrays", { type: "array", maxItems: 0 }, ["[]", "[ ]"], ["[1]"]],
  [
    "tuples",
    { type: "array", prefixItems: [{ type: "integer" }, { type: "string" }] },
    ['[1,"a"]'],
    ["[1]", '["a",1]'],
  ],
  [
    "a schema that refers to itself",
    tree,
    ['{"name":"a","children":[{"name":"b","children":[]}]}'],
    ['{"name":"a"}'],
  ],
  ["definitions", list, ['{"value":1,"next":{"value":-2.5e3,"next":null}}'], ['{"value":1}']],
  [
    "integers in a range",
    { type: "integer", minimum: -7, maximum: 1205 },
    ["-7", "0", "1205", "999"],
    ["-8", "1206", "1.0", "01"],
  ],
  ["integers above", { type: "integer", exclusiveMinimum: 9 }, ["10", "123456789"], ["9", "-1"]],
  [
    "numbers in a range",
    { type: "number", minimum: 0, maximum: 10 },
    ["0", "0.5", "10", "9.99"],
    ["10.1", "-0.1", "11"],
  ],
  ["numbers above zero", { type: "number", exclusiveMinimum: 0 }, ["0.001", "1", "12.5"], ["0", "0.0", "-1"]],
  ["numbers below", { type: "number", maximum: -2 }, ["-2", "-2.5", "-100"], ["-1.5", "0"]],
  [
    "patterns",
    { type: "string", pattern: "^[A-C]{2}-\\d+(x|y)?$" },
    ['"AB-12"', '"CC-1y"'],
    ['"AD-1"', '"AB-"', '"xAB-1"'],
  ],
  ["patterns without anchors", { type: "string", pattern: "b+" }, ['"abba"', '"b"'], ['"aa"']],
  ["patterns with quotes", { type: "string", pattern: '^["\\\\]$' }, ['"\\""', '"\\\\"'], ['"""']],
  ["union of objects", { anyOf: [person, { type: "string" }] }, ['{"name":"B"}', '"B"'], ["7"]],
  [
    "one allOf, as pydantic writes it",
    { allOf: [{ $ref: "#/$defs/a" }], $defs: { a: { type: "boolean" } } },
    ["true"],
    ["1"],
  ],
  [
    "a name with odd characters",
    { type: "object", properties: { 'a"\n': { type: "null" } }, required: ['a"\n'] },
    ['{"a\\"\\n":null}'],
    ["{}"],
  ],
  ["anything", {}, ["7", '{"a":[true]}', '"x"'], ["seven"]],
];
for (const [what, schema, good, bad] of cases) {
  test(`the grammar of ${what} lets pass what the schema does`, () => {
    const rules = rulesOf(schema);
    for (const json of good) assert.ok(accepts(rules, json), json);
    for (const json of bad) assert.equal(accepts(rules, json), false, json);
    for (const json of good) assert.ok(ajv.validate(Object(schema), JSON.parse(json)), json);
  });
}

for (const format of ["date", "time", "date-time", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"]) {
  test(`whatever is written of the format ${format} is of that format`, () => {
    const schema = { type: "string", format };
    const rules = rulesOf(schema);
    fc.assert(
      fc.property(
        fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
        (stream) => {
          const written = write(rules, (count) => Math.floor((stream.next().value ?? 0) * count));
          assert.ok(ajv.validate(schema, JSON.parse(written)), written);
        },
      ),
      { numRuns: 100 },
    );
  });
}

const leaf = fc.oneof(
  fc.constantFrom(
    { type: "boolean" },
    { type: "null" },
    { type: "string", maxLength: 5 },
    { type: ["integer", "null"] },
  ),
  fc
    .tuple(fc.integer({ min: -2000, max: 2000 }), fc.nat(3000), fc.constantFrom("integer", "number"))
    .map(([minimum, span, type]) => ({ type, minimum, maximum: minimum + span })),
  fc
    .integer({ min: -50, max: 50 })
    .map((exclusiveMinimum) => ({ type: "number", exclusiveMinimum, maximum: exclusiveMinimum + 2 })),
  fc
    .uniqueArray(fc.jsonValue({ maxDepth: 1 }), { minLength: 1, maxLength: 4 })
    .map((values) => ({ enum: values })),
);
const { schema } = fc.letrec<{ schema: object }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc
      .tuple(fc.dictionary(fc.string({ maxLength: 4 }), tie("schema"), { maxKeys: 4 }), fc.nat(4))
      .map(([properties, count]) => ({
        type: "object",
        properties,
        required: Object.keys(properties).slice(0, count),
        additionalProperties: false,
      })),
    tie("schema").map((items) => ({ type: "array", items, minItems: 1, maxItems: 3 })),
    fc.array(tie("schema"), { minLength: 1, maxLength: 3 }).map((anyOf) => ({ anyOf })),
  ),
}));

test("whatever a grammar writes is valid by its schema, and the grammar takes it back", () => {
  fc.assert(
    fc.property(
      schema,
      fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
      (wanted, stream) => {
        const rules = rulesOf(wanted);
        const written = write(rules, (count) => Math.floor((stream.next().value ?? 0) * count));
        assert.ok(new Ajv2020({ strict: false }).validate(wanted, JSON.parse(written)), written);
        assert.ok(accepts(rules, written), written);
      },
    ),
    { numRuns: 60 },
  );
});

test("what a grammar cannot hold is left to the model where the schema is not strict", () => {
  const loose = {
    type: "object",
    properties: {
      url: { type: "string", format: "uri" },
      n: { type: "number", multipleOf: 5 },
      s: { allOf: [{}, {}] },
    },
    patternProperties: { "^x": {} },
  };
  assert.ok(accepts(rulesOf(loose, false), '{"url":"http://x","n":7,"s":[1]}'));
});

test("the grammar is written in llama.cpp's notation", () => {
  const grammar = schemaGrammar({ enum: ['a"\n\u0001'] }, { isStrict: true });
  assert.match(grammar, /^root ::= "\\"a\\\\\\"\\\\n\\\\u0001\\""\n/);
});
