import type { z } from "zod";
import { Refusal } from "../../contract/errors.ts";
import { isRangeIssue, rangeRefusal } from "./out-of-range.ts";

type Issue = z.core.$ZodIssue;

/** `["messages", 0, "role"]` → `messages[0].role`, as OpenAI writes `param`. */
export const paramName = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((name, key) => {
    if (typeof key === "number") return `${name}[${key}]`;
    return name === "" ? String(key) : `${name}.${String(key)}`;
  }, "");

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => {
    if (typeof value !== "object" || value === null) return undefined;
    return Reflect.get(value, key);
  }, input);
}

const typeNames: Readonly<Record<string, string>> = {
  string: "a string",
  int: "an integer",
  number: "a decimal",
  boolean: "a boolean",
  array: "an array",
  object: "an object",
  record: "an object",
};
/** A schema that misses a number does not say of which kind: that is asked. */
const expectedName = (expected: string, isWhole: () => boolean) =>
  typeNames[expected === "number" && isWhole() ? "int" : expected] ?? expected;

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "number") return Number.isInteger(value) ? "an integer" : "a decimal";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

const furthest = (issues: readonly Issue[]): number => Math.max(0, ...issues.map(({ path }) => path.length));

/** The branch of a union that takes values of this type is the one that was meant. */
const ofRightType = (issue: Issue & { code: "invalid_union" }) =>
  issue.errors.flat().find((one) => one.path.length === 0 && isRangeIssue(one));

/** A union says little by itself: take the branch that got furthest into the value, with least wrong on the way. */
function deepest(issue: Issue): Issue {
  if (issue.code !== "invalid_union") return issue;
  const [branch = []] = issue.errors.toSorted((a, b) => furthest(b) - furthest(a) || a.length - b.length);
  const isShallow = furthest(branch) === 0;
  const found = isShallow ? ofRightType(issue) : branch.find(({ path }) => path.length === furthest(branch));
  if (!found) return issue;
  return deepest({ ...found, path: [...issue.path, ...found.path] });
}

function unionMessage(issue: Issue & { code: "invalid_union" }, isWhole: IsWhole): string {
  if (issue.errors.length === 0) return issue.message;
  const expected = issue.errors.flat().map((one) => {
    if (one.code === "invalid_type") return expectedName(one.expected, () => isWhole(issue.path));
    if (one.code === "invalid_value") return one.values.map((value) => `'${String(value)}'`).join(", ");
    return one.message;
  });
  return `expected ${[...new Set(expected)].join(" or ")}`;
}

type IsWhole = (path: readonly PropertyKey[]) => boolean;

function reasonOf(issue: Issue, isWhole: IsWhole): string {
  if (issue.code === "invalid_union") return unionMessage(issue, isWhole);
  return (issue.code === "invalid_key" && issue.issues[0]?.message) || issue.message;
}

/** Of a list of texts that allows none but its own; null: the schema has a sentence of its own about it. */
function supportedValues(issue: Issue): readonly string[] | null {
  if ("options" in issue && Array.isArray(issue.options)) return issue.options.map(String);
  const isPlain = /^Invalid (option|input): expected/.test(issue.message);
  return issue.code === "invalid_value" && isPlain ? issue.values.map(String) : null;
}

function unsupportedValue(issue: Issue, value: unknown): string | null {
  const supported = typeof value === "string" ? supportedValues(issue) : null;
  if (!supported) return null;
  const quoted = supported.map((one) => `'${one}'`);
  const most = quoted.slice(0, -1).join(", ");
  const last = quoted.slice(-1).join("");
  const all = quoted.length > 2 ? `${most}, and ${last}` : quoted.join(" and ");
  return `Invalid value: '${value}'. Supported values are: ${all}.`;
}

function withValueAt(input: unknown, [key, ...rest]: readonly PropertyKey[], value: unknown): unknown {
  if (key === undefined || typeof input !== "object" || input === null) return value;
  const changed = withValueAt(Reflect.get(input, key), rest, value);
  if (Array.isArray(input)) return input.map((one, index) => (index === key ? changed : one));
  return { ...input, [key]: changed };
}

/** A schema's complaint about a number says nothing of whether a fraction would do: it is asked. */
const wantsWhole = (schema: z.ZodType, input: unknown) => (path: readonly PropertyKey[]) => {
  const { error } = schema.safeParse(withValueAt(input, path, 0.5));
  const found = (error?.issues ?? []).map(deepest).filter((one) => paramName(one.path) === paramName(path));
  return found.some((one) => !isRangeIssue(one));
};

/**
 * The refusal for the first thing wrong with `input`, in OpenAI's words where they are known. `isWhole`: whether the
 * number at a path must be a whole one.
 */
export function refusalOf(issues: readonly Issue[], input: unknown, isWhole: IsWhole = () => true): Refusal {
  const first = issues[0];
  if (!first) return new Refusal("invalid_request", "The request is not valid.");
  const issue = deepest(first);
  const param = paramName(issue.path) || null;
  const value = valueAt(input, issue.path);
  if (issue.code === "unrecognized_keys") {
    const unknown = paramName([...issue.path, issue.keys[0] ?? ""]);
    return new Refusal("unknown_parameter", `Unknown parameter: '${unknown}'.`, unknown);
  }
  if (value === undefined && param) {
    return new Refusal("missing_required_parameter", `Missing required parameter: '${param}'.`, param);
  }
  if (issue.code === "invalid_type") {
    const expected = expectedName(issue.expected, () => isWhole(issue.path));
    const text = `Invalid type for '${param ?? "body"}': expected ${expected}, but got ${typeOf(value)} instead.`;
    return new Refusal("invalid_type", text, param);
  }
  if (param && isRangeIssue(issue)) {
    const refusal = rangeRefusal(param, { issue, value, isWhole: isWhole(issue.path) });
    if (refusal) return refusal;
  }
  const unsupported = unsupportedValue(issue, value);
  if (unsupported) return new Refusal("invalid_value", unsupported, param);
  if (issue.code === "custom" && issue.params?.isUnsupported)
    return new Refusal(
      "unsupported_parameter",
      `Unsupported parameter: '${param}': ${issue.message}.`,
      param,
    );
  return new Refusal(
    "invalid_value",
    `Invalid value for '${param ?? "body"}': ${reasonOf(issue, isWhole)}.`.replace("..", "."),
    param,
  );
}

/** Parses what a caller sent, or refuses with the name of the parameter at fault. */
export function parse<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw refusalOf(parsed.error.issues, input, wantsWhole(schema, input));
}
