import { Refusal, type RefusalKind } from "../../contract/errors.ts";
import { type Expression, rule } from "./expression.ts";
import { type Path, SchemaError } from "./schema-error.ts";
import { readSchema } from "./schema-grammar.ts";
import { assertSmall } from "./schema-limits.ts";
import { strictFault } from "./strict-schema.ts";

/** A schema of a caller's, and the parameter that it came in. */
export type GivenSchema = {
  readonly schema: unknown;
  readonly isStrict: boolean;
  readonly param: string;
  /** As OpenAI says whose it is, such as `function 'add'`. */
  readonly owner: string;
  /** How OpenAI refuses it, and by which parameter where its own demands on strict ones are not met. */
  readonly refused: { readonly kind: RefusalKind; readonly param?: string };
};

/** Of a function: chat and responses refuse it alike. */
export const functionSchema = (
  name: string,
  { schema, strict, param }: { readonly schema: unknown; readonly strict: unknown; readonly param: string },
): GivenSchema => ({
  ...{ schema, isStrict: strict === true, param },
  owner: `function '${name}'`,
  refused: { kind: "invalid_function_parameters" },
});

const place = (param: string, path: Path) =>
  path.reduce<string>(
    (name, step) => (typeof step === "number" ? `${name}[${step}]` : `${name}.${step}`),
    param,
  );

function refusal({ param, owner, refused }: GivenSchema, { path, message }: SchemaError): Refusal {
  const at = place(param, path);
  return new Refusal(refused.kind, `Invalid schema for ${owner}: at '${at}' ${message}.`, at);
}

function assertStrict({ schema, isStrict, owner, param, refused }: GivenSchema): void {
  const fault = isStrict ? strictFault(schema) : null;
  if (fault === null) return;
  throw new Refusal(refused.kind, `Invalid schema for ${owner}: ${fault}`, refused.param ?? param);
}

/** Refuses schemas that answers cannot be held to, one by one and all together, and strict ones that OpenAI refuses. */
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
    assertStrict(given);
  }
}
