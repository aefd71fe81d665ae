import { z } from "zod";
import { Refusal } from "../../contract/errors.ts";
import {
  type Acceptance,
  BuiltinPolicy,
  LifecycleDocument,
  MOST_POLICIES,
  ModelSchedule,
  Policy,
} from "../../contract/lifecycle.ts";
import { parse, refusalOf } from "../platform/validation.ts";
import { expandBuiltin } from "./builtin.ts";
import { earlier } from "./day.ts";

/** Models and policies by name. */
export type Entries = {
  readonly models: ReadonlyMap<string, ModelSchedule>;
  readonly policies: ReadonlyMap<string, Policy>;
};

/** One of a document's models or policies, and where it stands there: `policies[0]`. */
export type Placed<Value> = {
  readonly value: Value;
  readonly path: string;
  /** It stands for a built-in policy, whose fields are others. */
  readonly isBuiltin?: boolean;
};

/** The field of the document that an entry's field comes from. */
export function paramOf({ path, isBuiltin }: Placed<unknown>, field: string): string {
  if (!isBuiltin || field.startsWith("exceptions")) return `${path}.${field}`;
  return /^(id|scope)\b/.test(field) ? `${path}.base` : `${path}.starting`;
}

/** A document with its built-in policies spelled out. */
export type Expanded = {
  readonly models: readonly Placed<ModelSchedule>[];
  readonly policies: readonly Placed<Policy>[];
  readonly withdraw: LifecycleDocument["withdraw"];
  readonly accept: ReadonlySet<Acceptance>;
};

export const noEntries: Entries = { models: new Map(), policies: new Map() };

const isBuiltin = (policy: BuiltinPolicy | Policy): policy is BuiltinPolicy => "builtin" in policy;

const Outline = LifecycleDocument.extend({ policies: z.array(z.unknown()).max(MOST_POLICIES).default([]) });

/** Of the two kinds of policies the one that is meant is known by its `builtin`; what is wrong is told of that one. */
export function readDocument(input: unknown): LifecycleDocument {
  for (const [index, policy] of parse(Outline, input).policies.entries()) {
    const isMeant = typeof policy === "object" && policy !== null && "builtin" in policy;
    const { error } = (isMeant ? BuiltinPolicy : Policy).safeParse(policy);
    if (!error) continue;
    const issues = error.issues.map((issue) => ({ ...issue, path: ["policies", index, ...issue.path] }));
    throw refusalOf(issues, input);
  }
  return parse(LifecycleDocument, input);
}

const twice = (what: string, name: string, path: string) =>
  new Refusal("invalid_lifecycle", `${what} ${name} is in this change twice; say once what shall be.`, path);

function assertOnce(what: string, names: readonly { name: string; path: string }[]): void {
  const seen = new Set<string>();
  for (const { name, path } of names) {
    if (seen.has(name)) throw twice(what, name, path);
    seen.add(name);
  }
}

const withdrawn = (names: readonly string[], list: string) =>
  names.map((name, index) => ({ name, path: `withdraw.${list}[${index}]` }));

function assertNotEmpty({ models, policies, withdraw }: Expanded): void {
  if (models.length + policies.length + withdraw.models.length + withdraw.policies.length > 0) return;
  const text = "This change holds nothing: give it 'models', 'policies' or 'withdraw'.";
  throw new Refusal("invalid_lifecycle", text);
}

export function expandDocument(document: LifecycleDocument): Expanded {
  const all = document.policies.map((one, index) => {
    const path = `policies[${index}]`;
    return isBuiltin(one)
      ? { ...expandBuiltin(one, path), path, isBuiltin: true }
      : { policy: one, model: null, path, isBuiltin: false };
  });
  const own = document.models.map((value, index) => ({ value, path: `models[${index}]` }));
  const given = all.flatMap(({ model, path }) => (model ? [{ value: model, path, isBuiltin: true }] : []));
  const expanded: Expanded = {
    models: [...own, ...given],
    policies: all.map(({ policy, ...place }) => ({
      value: policy,
      path: place.path,
      isBuiltin: place.isBuiltin,
    })),
    withdraw: document.withdraw,
    accept: new Set(document.accept),
  };
  assertNotEmpty(expanded);
  assertOnce("The model", [
    ...expanded.models.map(({ value, path }) => ({ name: value.id, path })),
    ...withdrawn(document.withdraw.models, "models"),
  ]);
  assertOnce("The policy", [
    ...expanded.policies.map(({ value, path }) => ({ name: value.name, path })),
    ...withdrawn(document.withdraw.policies, "policies"),
  ]);
  return expanded;
}

function changed<Value>(
  current: ReadonlyMap<string, Value>,
  more: readonly (readonly [string, Value])[],
  gone: readonly string[],
): ReadonlyMap<string, Value> {
  const left = [...current].filter(([name]) => !gone.includes(name));
  return new Map([...left, ...more]);
}

/** An announcement that is left out is made today, once; never after what it announces. */
const announcedOn = (value: ModelSchedule, before: ModelSchedule | undefined, today: string): string => {
  const first = value.training_ends_at ?? value.shutdown_at ?? null;
  const day = before?.announced_at ?? today;
  return value.announced_at ?? earlier(day, first) ?? day;
};

/** What is in force once the change is applied. */
export function entriesAfter(current: Entries, change: Expanded, today: string): Entries {
  const announced = ({ value }: Placed<ModelSchedule>) => {
    const announced_at = announcedOn(value, current.models.get(value.id), today);
    // Parsed once more: the same entry is the same text, whoever wrote its fields in what order.
    return [value.id, ModelSchedule.parse({ ...value, announced_at })] as const;
  };
  return {
    models: changed(current.models, change.models.map(announced), change.withdraw.models),
    policies: changed(
      current.policies,
      change.policies.map(({ value }) => [value.name, Policy.parse(value)] as const),
      change.withdraw.policies,
    ),
  };
}
