import type { z } from "zod";
import { Refusal } from "../../contract/errors.ts";

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

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "number") return Number.isInteger(value) ? "an integer" : "a decimal";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

const furthest = (issues: readonly Issue[]): number => Math.max(0, ...issues.map(({ path }) => path.length));

/** A union says little by itself: take the branch that got furthest into the value, with least wrong on the way. */
function deepest(issue: Issue): Issue {
  if (issue.code !== "invalid_union") return issue;
  const [branch = []] = issue.errors.toSorted((a, b) => furthest(b) - furthest(a) || a.length - b.length);
  const found = branch.find(({ path }) => path.length === furthest(branch));
  if (!found || found.path.length === 0) return issue;
  return deepest({ ...found, path: [...issue.path, ...found.path] });
}

function unionMessage(issue: Issue & { code: "invalid_union" }): string {
  if (issue.errors.length === 0) return issue.message;
  const expected = issue.errors.flat().map((one) => {
    if (one.code === "invalid_type") return one.expected === "int" ? "integer" : one.expected;
    if (one.code === "invalid_value") return one.values.map((value) => `'${String(value)}'`).join(", ");
    return one.message;
  });
  return `expected ${[...new Set(expected)].join(" or ")}`;
}

/** The refusal for the first thing wrong with `input`, in OpenAI's words where they are known. */
export function refusalOf(issues: readonly Issue[], input: unknown): Refusal {
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
    const expected = issue.expected === "int" ? "integer" : issue.expected;
    const text = `Invalid type for '${param ?? "body"}': expected ${expected}, but got ${typeOf(value)} instead.`;
    return new Refusal("invalid_type", text, param);
  }
  const reason = issue.code === "invalid_union" ? unionMessage(issue) : issue.message;
  return new Refusal(
    "invalid_value",
    `Invalid value for '${param ?? "body"}': ${reason}.`.replace("..", "."),
    param,
  );
}

/** Parses what a caller sent, or refuses with the name of the parameter at fault. */
export function parse<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw refusalOf(parsed.error.issues, input);
}
