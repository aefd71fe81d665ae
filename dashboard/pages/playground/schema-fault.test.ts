import assert from "node:assert/strict";
import { test } from "node:test";
import { schemaFault } from "./schema-fault.ts";

const schema = {
  type: "object",
  properties: {
    city: { type: "string" },
    size: { enum: ["small", "large"] },
    people: { type: ["integer", "null"] },
    streets: { type: "array", items: { $ref: "#/$defs/street" } },
    mayor: { anyOf: [{ type: "string" }, { type: "null" }] },
  },
  required: ["city"],
  additionalProperties: false,
  $defs: { street: { type: "object", properties: { name: { const: "Main" } }, required: ["name"] } },
};

const faults: readonly (readonly [string, string | null])[] = [
  ['{"city": "Oslo", "size": "large", "people": null, "streets": [{"name": "Main"}], "mayor": null}', null],
  ['{"city": "Os', "The answer is not whole JSON"],
  ["[]", "The answer is array, not object"],
  ["{}", 'The answer lacks "city"'],
  ['{"city": 1}', "The answer.city is number, not string"],
  ['{"city": "", "zip": 1}', 'The answer has "zip", which the schema does not'],
  ['{"city": "", "size": "huge"}', "The answer.size is none of the values that the schema lists"],
  ['{"city": "", "people": 1.5}', "The answer.people is number, not integer or null"],
  ['{"city": "", "streets": [{}]}', 'The answer.streets[0] lacks "name"'],
  [
    '{"city": "", "streets": [{"name": "Side"}]}',
    "The answer.streets[0].name is not the one value that the schema allows",
  ],
  ['{"city": "", "mayor": 3}', "The answer.mayor is like none of the schema's choices"],
];

for (const [text, fault] of faults)
  test(`${text} ${fault === null ? "is as the schema wants it" : "has its fault told"}`, () => {
    assert.equal(schemaFault(text, schema), fault);
  });

test("a schema that refers to itself without end stops nothing", () => {
  const endless = { $ref: "#/$defs/a", $defs: { a: { $ref: "#/$defs/a" } } };
  assert.equal(schemaFault("1", endless), null);
});
