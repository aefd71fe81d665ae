/** Whether an answer is as its JSON schema wants it, by the words that most schemas are made of. */

import { isDictionary, type Dictionary as Schema } from "../../../training-data/jsonl.ts";

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

function typeOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

function isOfType(value: unknown, type: unknown): boolean {
  if (type === "integer") return Number.isInteger(value);
  return typeOf(value) === type;
}

/** The schema that `#/$defs/name` names. */
function resolve(schema: Schema, root: Schema, depth = 0): Schema {
  const { $ref: reference } = schema;
  if (typeof reference !== "string" || !reference.startsWith("#") || depth > 8) return schema;
  const steps = reference.split("/").slice(1);
  const found = steps.reduce<unknown>((at, step) => (isDictionary(at) ? at[step] : undefined), root);
  return isDictionary(found) ? resolve(found, root, depth + 1) : schema;
}

type At = { readonly path: string; readonly root: Schema };

function objectFault(value: Schema, schema: Schema, { path, root }: At): string | null {
  const properties = isDictionary(schema.properties) ? schema.properties : {};
  const required: readonly unknown[] = Array.isArray(schema.required) ? schema.required : [];
  const missing = required.find((name) => typeof name === "string" && !Object.hasOwn(value, name));
  if (missing !== undefined) return `${path} lacks "${missing}"`;
  for (const [name, inner] of Object.entries(value)) {
    const own = Object.hasOwn(properties, name) ? properties[name] : schema.additionalProperties;
    if (own === false) return `${path} has "${name}", which the schema does not`;
    const fault = isDictionary(own) ? faultAt(inner, own, { path: `${path}.${name}`, root }) : null;
    if (fault !== null) return fault;
  }
  return null;
}

function itemsFault(value: readonly unknown[], { items }: Schema, { path, root }: At): string | null {
  if (!isDictionary(items)) return null;
  for (const [index, item] of value.entries()) {
    const fault = faultAt(item, items, { path: `${path}[${index}]`, root });
    if (fault !== null) return fault;
  }
  return null;
}

function faultAt(value: unknown, written: Schema, at: At): string | null {
  const schema = resolve(written, at.root);
  const { type, enum: choices, anyOf } = schema;
  const types: readonly unknown[] = Array.isArray(type) ? type : type === undefined ? [] : [type];
  if (types.length > 0 && !types.some((one) => isOfType(value, one)))
    return `${at.path} is ${typeOf(value)}, not ${types.join(" or ")}`;
  if (Array.isArray(choices) && !choices.some((one) => same(one, value)))
    return `${at.path} is none of the values that the schema lists`;
  if (Object.hasOwn(schema, "const") && !same(schema.const, value))
    return `${at.path} is not the one value that the schema allows`;
  if (Array.isArray(anyOf) && !anyOf.some((one) => !isDictionary(one) || faultAt(value, one, at) === null))
    return `${at.path} is like none of the schema's choices`;
  if (Array.isArray(value)) return itemsFault(value, schema, at);
  return isDictionary(value) ? objectFault(value, schema, at) : null;
}

/** Why the text is no answer to the schema; null: it is one. */
export function schemaFault(text: string, schema: Schema): string | null {
  try {
    return faultAt(JSON.parse(text), schema, { path: "The answer", root: schema });
  } catch {
    return "The answer is not whole JSON";
  }
}
