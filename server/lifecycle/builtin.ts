import { Refusal } from "../../contract/errors.ts";
import {
  type BuiltinDescription,
  type BuiltinPolicy,
  Day,
  type ModelSchedule,
  type Policy,
  type Stage,
  type Who,
} from "../../contract/lifecycle.ts";
import { addDays, DAY_SECONDS, startOf } from "./day.ts";

type Name = BuiltinPolicy["builtin"];

/** Stages as they were, or counted in days from the first. */
type Builtin = {
  readonly title: string;
  /** null: the operator names the day. */
  readonly firstDay: string | null;
  readonly stages: readonly { readonly afterDays: number; readonly who: Who }[];
  /** The base's own dates, in days after the first; null: the policy is about training alone. */
  readonly model: (Pick<ModelSchedule, "tuned_models"> & { readonly shutdownAfterDays: number }) | null;
};

const days = (from: string, to: string) => (startOf(to) - startOf(from)) / DAY_SECONDS;
const ANNOUNCED = "2026-05-07";
const HALF_A_YEAR = 183;

/** OpenAI's stages are from its deprecations page, Azure's and Bedrock's spans from their life-cycle pages, as of November 2026. */
export const builtins: Readonly<Record<Name, Builtin>> = {
  "openai-2026": {
    title: "Three stages: who never tuned, who has not used a tuned model for 60 days, everyone.",
    firstDay: ANNOUNCED,
    stages: [
      { afterDays: 0, who: "never_tuned" },
      { afterDays: days(ANNOUNCED, "2026-07-02"), who: { inactive: { days: 60 } } },
      { afterDays: days(ANNOUNCED, "2027-01-06"), who: "everyone" },
    ],
    model: null,
  },
  "azure-two-phase": {
    title:
      "One base: no new users, half a year later no training and no base, another half year later no tuned models.",
    firstDay: null,
    stages: [
      { afterDays: 0, who: "never_tuned" },
      { afterDays: HALF_A_YEAR, who: "everyone" },
    ],
    model: { shutdownAfterDays: HALF_A_YEAR, tuned_models: { days_after: HALF_A_YEAR } },
  },
  "bedrock-legacy": {
    title: "One base: half a year of legacy without new users, then its end and that of its tuned models.",
    firstDay: null,
    stages: [{ afterDays: 0, who: "never_tuned" }],
    model: { shutdownAfterDays: HALF_A_YEAR, tuned_models: "end_with_base" },
  },
};

function firstDayOf({ builtin, starting }: BuiltinPolicy, path: string): string {
  const day = starting ?? builtins[builtin].firstDay;
  if (day) return day;
  const text = `The policy '${builtin}' needs 'starting', the day of its first stage.`;
  throw new Refusal("missing_required_parameter", text, `${path}.starting`);
}

function assertBase({ builtin, base }: BuiltinPolicy, path: string): void {
  if (builtins[builtin].model === null || base !== undefined) return;
  const text = `The policy '${builtin}' needs 'base', the base model that it ends.`;
  throw new Refusal("missing_required_parameter", text, `${path}.base`);
}

/** A base that is not there is refused later, by its own name. */
const nameFor = (builtin: Name, base: string | undefined) =>
  base === undefined
    ? builtin
    : `${builtin}.${base.toLowerCase().replace(/[^a-z0-9._-]/g, "-")}`.slice(0, 64);

/** A built-in policy on its dates, and the dates that it gives its base. `path`: where it stands in the document. */
export function expandBuiltin(
  asked: BuiltinPolicy,
  path: string,
): { readonly policy: Policy; readonly model: ModelSchedule | null } {
  assertBase(asked, path);
  const { builtin, base, exceptions = [], message } = asked;
  const { stages, model } = builtins[builtin];
  const first = firstDayOf(asked, path);
  const last = addDays(
    first,
    Math.max(model?.shutdownAfterDays ?? 0, ...stages.map(({ afterDays }) => afterDays)),
  );
  if (!Day.safeParse(last).success)
    throw new Refusal(
      "invalid_lifecycle",
      `Its last date would be after 2199: name an earlier day.`,
      `${path}.starting`,
    );
  const placed: Stage[] = stages.map(({ afterDays, who }) => ({ date: addDays(first, afterDays), who }));
  const policy: Policy = {
    name: asked.name ?? nameFor(builtin, base),
    scope: base === undefined ? "platform" : { base },
    stages: placed,
    exceptions,
    ...(message === undefined ? {} : { message }),
  };
  if (model === null || base === undefined) return { policy, model: null };
  const shutdown = addDays(first, model.shutdownAfterDays);
  const reason = `Its life cycle follows ${builtin}.`;
  return {
    policy,
    model: { id: base, announced_at: first, shutdown_at: shutdown, tuned_models: model.tuned_models, reason },
  };
}

export const listBuiltins = (): BuiltinDescription[] =>
  Object.entries(builtins).map(([name, { title, firstDay, stages, model }]) => ({
    object: "lifecycle.builtin_policy",
    name,
    title,
    starting: firstDay,
    needs_base: model !== null,
    stages: stages.map(({ afterDays, who }) => ({
      after_days: afterDays,
      date: firstDay === null ? null : addDays(firstDay, afterDays),
      who,
    })),
    shutdown_after_days: model?.shutdownAfterDays ?? null,
  }));
