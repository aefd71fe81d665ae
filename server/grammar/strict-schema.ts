import type { At, Path, Schema } from "./schema-error.ts";

const isObject = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** As OpenAI, and Python, write a path. */
const contextOf = (path: Path) =>
  `In context=(${path.map((step) => `'${step}'`).join(", ")}${path.length === 1 ? "," : ""})`;

const named = ["properties", "$defs", "definitions"] as const;
const listed = ["anyOf", "oneOf", "allOf", "prefixItems"] as const;

/** The schemas that stand directly in one. */
function innerOf({ schema, path }: At): At[] {
  const inNames = named.flatMap((key) =>
    isObject(schema[key]) ? entriesOf(schema[key], [...path, key]) : [],
  );
  const inLists = listed.flatMap((key) =>
    Array.isArray(schema[key]) ? entriesOf({ ...schema[key] }, [...path, key]) : [],
  );
  return [...inNames, ...inLists, ...entriesOf({ items: schema.items }, path)];
}

const entriesOf = (values: Schema, path: Path): At[] =>
  Object.entries(values).flatMap(([key, schema]) =>
    isObject(schema) ? [{ schema, path: [...path, key] }] : [],
  );

const describesObject = ({ type, properties }: Schema): boolean =>
  type === undefined ? isObject(properties) : [type].flat().includes("object");

function faultOfObject({ schema, path }: At): string | null {
  if (schema.additionalProperties !== false)
    return `${contextOf(path)}, 'additionalProperties' is required to be supplied and to be false.`;
  const required: readonly unknown[] = Array.isArray(schema.required) ? schema.required : [];
  const names = isObject(schema.properties) ? Object.keys(schema.properties) : [];
  const missing = names.find((name) => !required.includes(name));
  if (missing === undefined) return null;
  return `${contextOf(path)}, 'required' is required to be supplied and to be an array including every key in properties. Missing '${missing}'.`;
}

function faultWithin(at: At): string | null {
  const own = describesObject(at.schema) ? faultOfObject(at) : null;
  if (own !== null) return own;
  for (const inner of innerOf(at)) {
    const fault = faultWithin(inner);
    if (fault !== null) return fault;
  }
  return null;
}

/**
 * What OpenAI demands of a strict schema beyond what a grammar needs, in its words; null: it is all there. How deep it
 * may be is left out: OpenAI does not say how it counts, and a grammar holds what a request can carry.
 */
export function strictFault(document: unknown): string | null {
  const type = isObject(document) ? document.type : undefined;
  if (!isObject(document) || type !== "object")
    return `schema must be a JSON Schema of 'type: "object"', got 'type: "${String(type ?? "None")}"'.`;
  return faultWithin({ schema: document, path: [] });
}
