import { choice, type Expression, repeat, rule, sequence, text } from "./expression.ts";
import { comma, listed } from "./json.ts";
import { type Member, objectOf } from "./object-members.ts";
import { createScalars } from "./scalar-schema.ts";
import { type At, type Path, type Schema, SchemaError } from "./schema-error.ts";

const isObject = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((one) => typeof one === "string");

/** Of a path through a schema and what it refers to. */
const MAX_STEPS = 500;

const annotations = new Set([
  "title",
  "description",
  "default",
  "examples",
  "deprecated",
  "readOnly",
  "writeOnly",
  "$schema",
  "$id",
  "$comment",
  "$defs",
  "definitions",
]);

/** Which keywords say something of which type; the rest of a schema's keywords stand beside any type. */
const keywordsOf = {
  object: ["properties", "required", "additionalProperties", "propertyNames"],
  array: ["items", "prefixItems", "minItems", "maxItems"],
  string: ["minLength", "maxLength", "pattern", "format"],
  number: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"],
  integer: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"],
  boolean: [],
  null: [],
} as const satisfies Record<string, readonly string[]>;
type TypeName = keyof typeof keywordsOf;
const typeNames = Object.keys(keywordsOf);
const isTypeName = (value: unknown): value is TypeName =>
  typeof value === "string" && typeNames.includes(value);

export type SchemaOptions = {
  /** Refuses what a grammar cannot hold; otherwise that is left to the model. */
  readonly isStrict: boolean;
  /** Before the names of its rules, so that several schemas fit in one grammar. */
  readonly prefix: string;
};

/** Turns one schema into rules; `root` of the result is the expression for its values. */
export function createSchemaReader(document: unknown, { isStrict, prefix }: SchemaOptions) {
  const rules = new Map<string, Expression>();
  const references = new Map<string, string>();

  const unsupported = (path: Path, why: string): void => {
    if (isStrict) throw new SchemaError(path, why);
  };

  function newRule(expression: Expression): Expression {
    if (expression.kind === "rule") return expression;
    const name = `${prefix}-${rules.size}`;
    rules.set(name, expression);
    return rule(name);
  }

  const { string, integer, number, counts } = createScalars(unsupported);

  function othersOf({ schema, path }: At): Expression | null {
    const { additionalProperties: others = true, properties, required } = schema;
    const isFree = Object.keys(isObject(properties) ? properties : {}).length === 0 && !required;
    if (typeof others === "boolean") return others && isFree ? rule("value") : null;
    const at = [...path, "additionalProperties"];
    if (isFree) return newRule(read(others, at));
    unsupported(at, "it must be true or false beside properties");
    return null;
  }

  function members({ schema, path }: At): Member[] {
    const { properties = {}, required = [] } = schema;
    if (!isObject(properties)) throw new SchemaError([...path, "properties"], "it must be an object");
    if (!isTexts(required)) throw new SchemaError([...path, "required"], "it must be a list of names");
    const known = Object.entries(properties).map(([name, inner]) => ({
      name,
      value: newRule(read(inner, [...path, "properties", name])),
      isRequired: required.includes(name),
    }));
    const unknown = required.filter((name) => !Object.hasOwn(properties, name));
    if (unknown.length > 0) unsupported([...path, "required"], `properties lacks ${unknown[0]}`);
    return [...known, ...new Set(unknown)].map((one) =>
      typeof one === "string" ? { name: one, value: rule("value"), isRequired: true } : one,
    );
  }

  function object(at: At): Expression {
    const names = at.schema.propertyNames;
    const isPlain =
      isObject(names) && Object.keys(names).every((key) => key === "type") && names.type === "string";
    if (names !== undefined && !isPlain) unsupported([...at.path, "propertyNames"], "it is not supported");
    return objectOf({ members: members(at), others: othersOf(at), newRule });
  }

  function array(at: At): Expression {
    const { schema, path } = at;
    const listedKey = schema.prefixItems === undefined ? "items" : "prefixItems";
    const first = schema[listedKey];
    if (Array.isArray(first)) return tuple(at, listedKey, first);
    const [min, max] = counts(at, ["minItems", "maxItems"]);
    const item = newRule(read(schema.items ?? true, [...path, "items"]));
    if (max === 0) return listed("[", sequence(), "]");
    const rest = repeat(sequence(comma, item), Math.max(min - 1, 0), max === null ? null : max - 1);
    return listed("[", repeat(sequence(item, rest), Math.min(min, 1), 1), "]");
  }

  /** A tuple is as long as its list; what might come after is left out. */
  function tuple(at: At, key: string, items: readonly unknown[]): Expression {
    const [min, max] = counts(at, ["minItems", "maxItems"]);
    if (min > items.length || (max !== null && max < items.length))
      unsupported(
        [...at.path, min > items.length ? "minItems" : "maxItems"],
        `${key} must have as many items`,
      );
    const values = items.map((item, index) => newRule(read(item, [...at.path, key, index])));
    return listed(
      "[",
      sequence(...values.flatMap((value, index) => (index > 0 ? [comma, value] : [value]))),
      "]",
    );
  }

  const byType: Record<TypeName, (at: At) => Expression> = {
    object,
    array,
    string,
    number,
    integer,
    boolean: () => choice(text("true"), text("false")),
    null: () => text("null"),
  };

  function typesOf({ schema, path }: At): readonly TypeName[] {
    const { type } = schema;
    if (type !== undefined) {
      const names: readonly unknown[] = Array.isArray(type) ? type : [type];
      if (names.length > 0 && names.every(isTypeName)) return names.filter(isTypeName);
      throw new SchemaError([...path, "type"], `it must be one of ${typeNames.join(", ")}`);
    }
    const [guessed] = Object.entries(keywordsOf).filter(([, keys]) => keys.some((key) => key in schema));
    return guessed && isTypeName(guessed[0]) ? [guessed[0]] : [];
  }

  function assertKnown({ schema, path }: At, known: readonly string[]): void {
    const odd = Object.keys(schema).find((key) => !annotations.has(key) && !known.includes(key));
    if (odd !== undefined) unsupported([...path, odd], "it is not supported here");
  }

  function typed(at: At): Expression {
    const types = typesOf(at);
    assertKnown(at, ["type", ...types.flatMap((type): readonly string[] => keywordsOf[type])]);
    if (types.length === 0) return rule("value");
    return choice(...types.map((type) => byType[type](at)));
  }

  const ofType = (value: unknown): readonly string[] => {
    if (value === null) return ["null"];
    if (Array.isArray(value)) return ["array"];
    return Number.isInteger(value) ? ["integer", "number"] : [typeof value];
  };

  function values(at: At, key: "enum" | "const"): Expression {
    assertKnown(at, ["type", key]);
    const given = key === "const" ? [at.schema.const] : at.schema.enum;
    if (!Array.isArray(given)) throw new SchemaError([...at.path, key], "it must be a list");
    const types: readonly string[] = "type" in at.schema ? typesOf(at) : [];
    const fitting = given.filter(
      (one) => types.length === 0 || ofType(one).some((type) => types.includes(type)),
    );
    if (fitting.length === 0) throw new SchemaError([...at.path, key], "it has no value of the type");
    return choice(...fitting.map((one) => text(JSON.stringify(one))));
  }

  function anyOf(at: At, key: "anyOf" | "oneOf" | "allOf"): Expression {
    assertKnown(at, [key]);
    const all = at.schema[key];
    if (!Array.isArray(all) || all.length === 0)
      throw new SchemaError([...at.path, key], "it must be a list of schemas");
    if (key === "oneOf") unsupported([...at.path, key], "use anyOf");
    if (key !== "allOf" || all.length === 1)
      return choice(...all.map((one, index) => newRule(read(one, [...at.path, key, index]))));
    unsupported([...at.path, key], "it is supported with one schema only");
    return rule("value");
  }

  function target(reference: string, path: Path): unknown {
    if (reference !== "#" && !reference.startsWith("#/")) return undefined;
    const steps = reference.split("/").slice(1).map(decodeStep);
    if (steps.some((step) => step === null)) throw new SchemaError(path, "it is no JSON pointer");
    return steps.reduce<unknown>(
      (value, step) =>
        typeof value === "object" && value !== null && step !== null && Object.hasOwn(value, step)
          ? Reflect.get(value, step)
          : undefined,
      document,
    );
  }

  function referenced(at: At): Expression {
    const path = [...at.path, "$ref"];
    const { $ref: reference } = at.schema;
    assertKnown(at, ["$ref"]);
    if (typeof reference !== "string") throw new SchemaError(path, "it must be a string");
    const known = references.get(reference);
    if (known !== undefined) return rule(known);
    const found = target(reference, path);
    if (found === undefined) throw new SchemaError(path, `there is no ${reference} in this schema`);
    const name = `${prefix}-ref-${references.size}`;
    references.set(reference, name);
    rules.set(name, read(found, path));
    return rule(name);
  }

  function read(schema: unknown, path: Path): Expression {
    if (path.length > MAX_STEPS) throw new SchemaError([], "it is nested too deeply");
    if (schema === true) return rule("value");
    if (schema === false) throw new SchemaError(path, "no value is valid here");
    if (!isObject(schema)) throw new SchemaError(path, "it must be a schema");
    const at = { schema, path };
    if ("$ref" in schema) return referenced(at);
    if ("const" in schema) return values(at, "const");
    if ("enum" in schema) return values(at, "enum");
    for (const key of ["anyOf", "oneOf", "allOf"] as const) if (key in schema) return anyOf(at, key);
    return typed(at);
  }

  /** All rules but those of JSON itself, and what stands for the schema's values. */
  const readAll = () => {
    const root = read(document, []);
    return { root, rules };
  };
  return { readAll };
}

function decodeStep(step: string): string | null {
  try {
    return decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~");
  } catch {
    return null;
  }
}
