import assert from "node:assert/strict";
import { test } from "node:test";
import { SchemaError } from "./schema-error.ts";
import { readSchema } from "./schema-grammar.ts";

const rulesOf = (schema: unknown) => readSchema(schema, { isStrict: true, prefix: "s" });

const refused: [unknown, (string | number)[], RegExp][] = [
  [7, [], /must be a schema/],
  [{ type: "text" }, ["type"], /must be one of/],
  [{ type: [] }, ["type"], /must be one of/],
  [{ type: "object", properties: { a: false } }, ["properties", "a"], /no value/],
  [{ type: "object", properties: [] }, ["properties"], /must be an object/],
  [{ type: "object", required: [7] }, ["required"], /list of names/],
  [{ type: "object", required: ["a"], properties: {} }, ["required"], /lacks a/],
  [
    { type: "object", properties: { a: {} }, additionalProperties: { type: "null" } },
    ["additionalProperties"],
    /beside properties/,
  ],
  [{ type: "object", patternProperties: {} }, ["patternProperties"], /not supported/],
  [{ type: "object", propertyNames: { pattern: "a" } }, ["propertyNames"], /not supported/],
  [
    { type: "array", items: { type: "string", contentEncoding: "x" } },
    ["items", "contentEncoding"],
    /not supported/,
  ],
  [{ type: "array", uniqueItems: true }, ["uniqueItems"], /not supported/],
  [{ type: "array", minItems: 3, maxItems: 2 }, ["minItems"], /more than/],
  [{ type: "array", maxItems: -1 }, ["maxItems"], /whole number/],
  [{ type: "string", maxLength: 2001 }, ["maxLength"], /above 2000/],
  [{ type: "string", pattern: "(?=a)b" }, ["pattern"], /look-around/],
  [{ type: "string", pattern: "(a" }, ["pattern"], /without its end/],
  [{ type: "string", pattern: "(a*)*" }, ["pattern"], /may be empty/],
  [{ type: "string", pattern: "((((a+)+)+)+)+" }, ["pattern"], /nested/],
  [{ type: "string", pattern: "a{2001}" }, ["pattern"], /repeats/],
  [{ type: "string", pattern: "\\bword" }, ["pattern"], /\\b/],
  [{ type: "string", pattern: 7 }, ["pattern"], /must be a string/],
  [{ type: "string", pattern: "^a+$", maxLength: 3 }, ["maxLength"], /combined/],
  [{ type: "string", format: "uri" }, ["format"], /must be one of/],
  [{ type: "integer", minimum: 5, maximum: 4 }, ["minimum"], /no value/],
  [{ type: "number", minimum: 0.5 }, ["minimum"], /whole numbers/],
  [{ type: "number", multipleOf: 2 }, ["multipleOf"], /not supported/],
  [{ enum: [] }, ["enum"], /no value/],
  [{ type: "string", enum: [1] }, ["enum"], /no value/],
  [{ anyOf: [] }, ["anyOf"], /list of schemas/],
  [{ oneOf: [{}] }, ["oneOf"], /anyOf/],
  [{ allOf: [{}, {}] }, ["allOf"], /one schema/],
  [{ not: {} }, ["not"], /not supported/],
  [{ if: {} }, ["if"], /not supported/],
  [{ $ref: "#/$defs/none" }, ["$ref"], /there is no/],
  [{ $ref: "https://example.com/schema" }, ["$ref"], /there is no/],
  [{ $ref: "#/%zz" }, ["$ref"], /JSON pointer/],
  [{ $ref: 7 }, ["$ref"], /must be a string/],
  [{ $ref: "#" }, [], /leads back to itself/],
  [{ anyOf: [{ $ref: "#" }, { type: "null" }] }, [], /leads back to itself/],
  [{ type: "object", properties: { a: { $ref: "#" } }, required: ["a"] }, [], /needs itself/],
  [
    { type: "object", properties: Object.fromEntries(Array.from({ length: 2001 }, (_, n) => [n, {}])) },
    [],
    /2001 properties/,
  ],
  [{ enum: Array.from({ length: 1001 }, (_, n) => n) }, [], /1001 enum values/],
  [{ const: "x".repeat(120_001) }, [], /characters/],
];
for (const [schema, path, why] of refused) {
  test(`${JSON.stringify(schema).slice(0, 90)} is refused at ${JSON.stringify(path)}`, () => {
    assert.throws(
      () => rulesOf(schema),
      (error: unknown) => {
        assert.ok(error instanceof SchemaError);
        assert.deepEqual(error.path, path);
        assert.match(error.message, why);
        return true;
      },
    );
  });
}

test("schemas that refer on and on are refused, not followed to the end of the stack", () => {
  const defs = Array.from({ length: 5000 }, (_, n) => [`d${n}`, { $ref: `#/$defs/d${n + 1}` }]);
  assert.throws(
    () => rulesOf({ $ref: "#/$defs/d0", $defs: { ...Object.fromEntries(defs), d5000: {} } }),
    /too deeply/,
  );
});
