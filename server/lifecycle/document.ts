import { Refusal } from "../../contract/errors.ts";
import {
  type Acceptance,
  type BuiltinPolicy,
  type LifecycleDocument,
  ModelSchedule,
  Policy,
} from "../../contract/lifecycle.ts";
import { expandBuiltin } from "./builtin.ts";

/** Models and policies by name. */
export type Entries = {
  readonly models: ReadonlyMap<string, ModelSchedule>;
  readonly policies: ReadonlyMap<string, Policy>;
};

/** One of a document's models or policies, and where it stands there: `policies[0]`. */
export type Placed<Value> = { readonly value: Value; readonly path: string };

/** A document with its built-in policies spelled out. */
export type Expanded = {
  readonly models: readonly Placed<ModelSchedule>[];
  readonly policies: readonly Placed<Policy>[];
  readonly withdraw: LifecycleDocument["withdraw"];
  readonly accept: ReadonlySet<Acceptance>;
};

export const noEntries: Entries = { models: new Map(), policies: new Map() };

const isBuiltin = (policy: BuiltinPolicy | Policy): policy is BuiltinPolicy => "builtin" in policy;

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
    return isBuiltin(one) ? { ...expandBuiltin(one, path), path } : { policy: one, model: null, path };
  });
  const own = document.models.map((value, index) => ({ value, path: `models[${index}]` }));
  const given = all.flatMap(({ model, path }) => (model ? [{ value: model, path }] : []));
  const expanded: Expanded = {
    models: [...own, ...given],
    policies: all.map(({ policy, path }) => ({ value: policy, path })),
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

/** What is in force once the change is applied. An announcement that is left out is made on `today`, once. */
export function entriesAfter(current: Entries, change: Expanded, today: string): Entries {
  const announced = ({ value }: Placed<ModelSchedule>) => {
    const announced_at = value.announced_at ?? current.models.get(value.id)?.announced_at ?? today;
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
