import { beginsWithItself, canEnd } from "./analysis.ts";
import { type Expression, type Rules, rule, writeGrammar } from "./expression.ts";
import { jsonRules } from "./json.ts";
import { createSchemaReader, type SchemaOptions } from "./json-schema.ts";
import { SchemaError } from "./schema-error.ts";
import { assertSmall, assertWithinLimits } from "./schema-limits.ts";

/** The values of a schema: rules, and the expression to begin with. Throws a `SchemaError`. */
export type SchemaRules = { readonly root: Expression; readonly rules: Rules };

/** The rules of a schema, known to be small, to come to an end and to be readable from left to right. */
export function readSchema(document: unknown, options: SchemaOptions): SchemaRules {
  assertWithinLimits(document);
  const { root, rules } = createSchemaReader(document, options).readAll();
  assertSmall([root, ...rules.values()]);
  const whole = new Map([["root", root], ...jsonRules, ...rules]);
  if (beginsWithItself(whole)) throw new SchemaError([], "a $ref leads back to itself");
  if (!canEnd(whole)) throw new SchemaError([], "no value of it is ever complete: it needs itself");
  return { root, rules };
}

/** As readSchema says it, by itself. */
export function schemaGrammar(document: unknown, options: Omit<SchemaOptions, "prefix">): string {
  const { root, rules } = readSchema(document, { ...options, prefix: "schema" });
  return writeGrammar(new Map([["root", root], ...jsonRules, ...rules]));
}

/** Any JSON object. */
export const objectGrammar = () => writeGrammar(new Map([["root", rule("object")], ...jsonRules]));
