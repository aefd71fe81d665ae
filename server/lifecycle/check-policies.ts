import { Refusal } from "../../contract/errors.ts";
import type { Policy, PolicyException, Scope, Stage } from "../../contract/lifecycle.ts";
import { assertAhead, type Known } from "./check-models.ts";
import { startOf } from "./day.ts";
import { type Expanded, type Placed, paramOf } from "./document.ts";

/** Whether there is such an organization or project. */
export type Exists = (exception: PolicyException) => boolean;

const refuse = (text: string, param: string): never => {
  throw new Refusal("invalid_lifecycle", text, param);
};

/** Whether everybody whom `later` would hit has been hit by `earlier` before. */
function addsNobody(earlier: Stage, later: Stage): boolean {
  if (earlier.who === later.who) return true;
  if (typeof earlier.who === "string" || typeof later.who === "string") return false;
  return later.who.inactive.days >= earlier.who.inactive.days;
}

function assertStages(policy: Placed<Policy>): void {
  const { stages } = policy.value;
  for (const [index, stage] of stages.entries()) {
    const earlier = stages.slice(0, index);
    const last = earlier.at(-1);
    if (!last) continue;
    const param = (field: string) => paramOf(policy, `stages[${index}].${field}`);
    if (stage.date === last.date)
      refuse(`Two stages are on ${stage.date}: keep the stricter one, or give each a day.`, param("date"));
    if (stage.date < last.date)
      refuse(
        `The stages are not in the order of time: ${stage.date} comes after ${last.date}. Put the earlier first.`,
        param("date"),
      );
    if (last.who === "everyone")
      refuse("A stage after 'everyone' has nobody left to hit; leave it out.", param("who"));
    const twin = earlier.find((one) => addsNobody(one, stage));
    if (twin)
      refuse(
        `This stage hits nobody whom the one of ${twin.date} has not hit already; leave it out.`,
        param("who"),
      );
  }
}

function assertPolicyAhead(policy: Placed<Policy>, { current, now }: Known, accept: Expanded["accept"]) {
  const { value } = policy;
  const before = current.policies.get(value.name)?.stages.map((stage) => JSON.stringify(stage)) ?? [];
  for (const [index, stage] of value.stages.entries()) {
    if (before.includes(JSON.stringify(stage))) continue;
    assertAhead(stage.date, paramOf(policy, `stages[${index}].date`), { now, accept });
  }
}

export const scopeText = (scope: Scope): string => {
  if (scope === "platform") return "the whole platform";
  return "base" in scope ? `the base ${scope.base}` : `the method ${scope.method}`;
};

/** Two policies for the same would each have to be asked, and an exception of one would be worth nothing. */
export function assertAlone(policy: Placed<Policy>, { after }: Pick<Known, "after">): void {
  const { value } = policy;
  const scope = JSON.stringify(value.scope);
  for (const other of after.policies.values()) {
    if (other.name === value.name || JSON.stringify(other.scope) !== scope) continue;
    const text = `The policies ${value.name} and ${other.name} overlap: both are for ${scopeText(value.scope)}. Withdraw ${other.name} in the same change, or write one policy.`;
    refuse(text, paramOf(policy, "scope"));
  }
}

function assertScope(policy: Placed<Policy>, { bases }: Known): void {
  const { scope } = policy.value;
  if (scope === "platform" || !("base" in scope) || bases.has(scope.base)) return;
  const text = `There is no base model ${scope.base} on this server; GET /v1/models lists those there are.`;
  refuse(text, paramOf(policy, "scope.base"));
}

const nameOf = ({ organization, project }: PolicyException) => organization ?? project ?? "";

function assertExceptions({ value, path }: Placed<Policy>, { now }: Known, exists: Exists): void {
  const seen = new Set<string>();
  for (const [index, exception] of value.exceptions.entries()) {
    const param = `${path}.exceptions[${index}]`;
    const kind = exception.organization === undefined ? "project" : "organization";
    const name = nameOf(exception);
    if (!exists(exception))
      refuse(`There is no ${kind} ${name}: correct its id, or leave it out.`, `${param}.${kind}`);
    if (seen.has(name)) refuse(`${name} has two exceptions; keep one.`, `${param}.${kind}`);
    seen.add(name);
    const first = value.stages[0]?.date ?? "";
    if (exception.until <= first)
      refuse(
        `The exception for ${name} ends on ${exception.until}, before anything that it could spare anybody: the first stage is on ${first}.`,
        `${param}.until`,
      );
    if (startOf(exception.until) <= now)
      refuse(`The exception for ${name} has ended on ${exception.until}: leave it out.`, `${param}.until`);
  }
}

export function checkPolicies(change: Expanded, known: Known, exists: Exists): void {
  for (const [index, name] of change.withdraw.policies.entries()) {
    if (!known.current.policies.has(name))
      refuse(`There is no policy ${name} in force: leave it out.`, `withdraw.policies[${index}]`);
  }
  for (const policy of change.policies) {
    assertStages(policy);
    assertScope(policy, known);
    assertPolicyAhead(policy, known, change.accept);
    assertAlone(policy, known);
    assertExceptions(policy, known, exists);
  }
}
