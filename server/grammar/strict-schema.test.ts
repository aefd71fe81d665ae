import assert from "node:assert/strict";
import { test } from "node:test";
import { strictFault } from "./strict-schema.ts";

const closed = (properties: object, more: object = {}) => ({
  ...{ type: "object", properties, required: Object.keys(properties), additionalProperties: false },
  ...more,
});
const text = { type: "string" };
const open = (path: string) =>
  `In context=(${path}), 'additionalProperties' is required to be supplied and to be false.`;
const lacks = (path: string, name: string) =>
  `In context=(${path}), 'required' is required to be supplied and to be an array including every key in properties. Missing '${name}'.`;
const root = (type: string) => `schema must be a JSON Schema of 'type: "object"', got 'type: "${type}"'.`;

const cases: [title: string, schema: unknown, fault: string | null][] = [
  ["nothing but an object", closed({}), null],
  ["all properties required", closed({ a: text, b: closed({ c: text }) }), null],
  ["a property named as a keyword", closed({ items: text, properties: text, anyOf: text }), null],
  ["values that look like schemas", closed({ a: { enum: ["object", { type: "object" }] } }), null],
  ["a reference to itself", closed({ a: { anyOf: [{ $ref: "#" }, { type: "null" }] } }), null],
  ["a list", { type: "array", items: text }, root("array")],
  ["no type", { anyOf: [closed({})] }, root("None")],
  ["no schema", true, root("None")],
  ["further properties", closed({}, { additionalProperties: true }), open("")],
  ["nothing said of further properties", closed({}, { additionalProperties: undefined }), open("")],
  ["a property that may be left out", closed({ a: text, b: text }, { required: ["a"] }), lacks("", "b")],
  ["nothing required", closed({ a: text }, { required: undefined }), lacks("", "a")],
  [
    "an open object in a list",
    closed({ a: { type: "array", items: { type: "object" } } }),
    open("'properties', 'a', 'items'"),
  ],
  [
    "an open object among others",
    closed({ a: { anyOf: [text, { properties: {} }] } }),
    open("'properties', 'a', 'anyOf', '1'"),
  ],
  ["an object or null", closed({ a: { type: ["object", "null"] } }), open("'properties', 'a'")],
  [
    "a definition",
    closed({}, { $defs: { d: closed({ a: text }, { required: [] }) } }),
    lacks("'$defs', 'd'", "a"),
  ],
  [
    "a part of a tuple",
    closed({ a: { prefixItems: [{ type: "object" }] } }),
    open("'properties', 'a', 'prefixItems', '0'"),
  ],
];
for (const [title, schema, fault] of cases) {
  test(`a strict schema with ${title}: ${fault ?? "is taken"}`, () =>
    assert.equal(strictFault(schema), fault));
}
