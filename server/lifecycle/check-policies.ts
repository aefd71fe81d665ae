import { Refusal } from "../../contract/errors.ts";
import type { Policy, PolicyException, Scope } from "../../contract/lifecycle.ts";
import { assertAhead, type Known } from "./check-models.ts";
import { startOf } from "./day.ts";
import type { Expanded, Placed } from "./document.ts";

/** Whether there is such an organization or project. */
export type Exists = (exception: PolicyException) => boolean;

const refuse = (text: string, param: string): never => {
  throw new Refusal("invalid_lifecycle", text, param);
};

function assertStages({ value, path }: Placed<Policy>): void {
  for (const [index, stage] of value.stages.entries()) {
    const before = value.stages[index - 1];
    if (!before) continue;
    const param = `${path}.stages[${index}]`;
    if (stage.date <= before.date)
      refuse(
        `The stages are not in the order of time: ${stage.date} comes after ${before.date}.`,
        `${param}.date`,
      );
    if (before.who === "everyone")
      refuse("A stage after 'everyone' has nobody left to hit; leave it out.", `${param}.who`);
  }
}

function assertPolicyAhead(
  { value, path }: Placed<Policy>,
  { current, now }: Known,
  accept: Expanded["accept"],
) {
  const before = current.policies.get(value.name)?.stages.map((stage) => JSON.stringify(stage)) ?? [];
  for (const [index, stage] of value.stages.entries()) {
    if (before.includes(JSON.stringify(stage))) continue;
    assertAhead(stage.date, `${path}.stages[${index}].date`, { now, accept });
  }
}

export const scopeText = (scope: Scope): string => {
  if (scope === "platform") return "the whole platform";
  return "base" in scope ? `the base ${scope.base}` : `the method ${scope.method}`;
};

function assertAlone({ value, path }: Placed<Policy>, { after }: Known): void {
  const scope = JSON.stringify(value.scope);
  for (const other of after.policies.values()) {
    if (other.name === value.name || JSON.stringify(other.scope) !== scope) continue;
    const text = `The policies ${value.name} and ${other.name} overlap: both are for ${scopeText(value.scope)}. Withdraw ${other.name} in the same change, or write one policy.`;
    refuse(text, `${path}.scope`);
  }
}

function assertScope({ value, path }: Placed<Policy>, { bases }: Known): void {
  const { scope } = value;
  if (scope === "platform" || !("base" in scope) || bases.has(scope.base)) return;
  refuse(`There is no base model ${scope.base} on this server.`, `${path}.scope.base`);
}

const nameOf = ({ organization, project }: PolicyException) => organization ?? project ?? "";

function assertExceptions({ value, path }: Placed<Policy>, { now }: Known, exists: Exists): void {
  const seen = new Set<string>();
  for (const [index, exception] of value.exceptions.entries()) {
    const param = `${path}.exceptions[${index}]`;
    const kind = exception.organization === undefined ? "project" : "organization";
    const name = nameOf(exception);
    if (!exists(exception)) refuse(`There is no ${kind} ${name}.`, `${param}.${kind}`);
    if (seen.has(name)) refuse(`${name} has two exceptions; keep one.`, `${param}.${kind}`);
    seen.add(name);
    const first = value.stages[0]?.date ?? "";
    if (exception.until <= first)
      refuse(
        `The exception for ${name} ends on ${exception.until}, before the first stage, ${first}.`,
        `${param}.until`,
      );
    if (startOf(exception.until) <= now)
      refuse(`The exception for ${name} has ended on ${exception.until}: leave it out.`, `${param}.until`);
  }
}

export function checkPolicies(change: Expanded, known: Known, exists: Exists): void {
  for (const [index, name] of change.withdraw.policies.entries()) {
    if (!known.current.policies.has(name))
      refuse(`There is no policy ${name}.`, `withdraw.policies[${index}]`);
  }
  for (const policy of change.policies) {
    assertStages(policy);
    assertScope(policy, known);
    assertPolicyAhead(policy, known, change.accept);
    assertAlone(policy, known);
    assertExceptions(policy, known, exists);
  }
}
