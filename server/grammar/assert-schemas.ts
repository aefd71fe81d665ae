import { Refusal } from "../../contract/errors.ts";
import { type Expression, rule } from "./expression.ts";
import { type Path, SchemaError } from "./schema-error.ts";
import { readSchema } from "./schema-grammar.ts";
import { assertSmall } from "./schema-limits.ts";

/** A schema of a caller's, and the parameter that it came in. */
export type GivenSchema = { readonly schema: unknown; readonly isStrict: boolean; readonly param: string };

const place = (param: string, path: Path) =>
  path.reduce<string>(
    (name, step) => (typeof step === "number" ? `${name}[${step}]` : `${name}.${step}`),
    param,
  );

function refusal({ param }: GivenSchema, { path, message }: SchemaError): Refusal {
  const at = place(param, path);
  return new Refusal("invalid_value", `Invalid schema for '${param}': at '${at}' ${message}.`, at);
}

/** Refuses schemas that answers cannot be held to, one by one and all together. */
export function assertSchemas(all: readonly GivenSchema[]): void {
  const expressions: Expression[] = [rule("root")];
  for (const given of all) {
    try {
      const { root, rules } = readSchema(given.schema, { isStrict: given.isStrict, prefix: "s" });
      expressions.push(root, ...rules.values());
      assertSmall(expressions);
    } catch (error) {
      throw error instanceof SchemaError ? refusal(given, error) : error;
    }
  }
}
