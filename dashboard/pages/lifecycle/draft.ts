import type { Acceptance, Who } from "../../../contract/lifecycle.ts";

/** A change of the life cycle as the form holds it: "" where nothing is given. */
export type StageDraft = {
  readonly date: string;
  readonly who: "never_tuned" | "inactive" | "everyone";
  readonly days: string;
};
export type ExceptionDraft = {
  readonly kind: "organization" | "project";
  readonly id: string;
  readonly until: string;
  readonly reason: string;
};
export type Draft = {
  readonly kind: "model" | "builtin" | "policy" | "withdraw";
  readonly note: string;
  readonly accept: readonly Acceptance[];
  readonly base: string;
  readonly announced: string;
  readonly trainingEnds: string;
  readonly shutdown: string;
  readonly successor: string;
  readonly fate: "end_with_base" | "keep_serving" | "days_after";
  readonly fateDays: string;
  readonly reason: string;
  readonly builtin: string;
  readonly starting: string;
  readonly name: string;
  readonly scope: "platform" | "base" | "supervised" | "dpo";
  readonly stages: readonly StageDraft[];
  readonly exceptions: readonly ExceptionDraft[];
  readonly message: string;
  /** `model:NAME` or `policy:NAME`. */
  readonly withdrawn: string;
};

export const emptyDraft: Draft = {
  kind: "model",
  note: "",
  accept: [],
  base: "",
  announced: "",
  trainingEnds: "",
  shutdown: "",
  successor: "",
  fate: "end_with_base",
  fateDays: "180",
  reason: "",
  builtin: "openai-2026",
  starting: "",
  name: "",
  scope: "platform",
  stages: [{ date: "", who: "never_tuned", days: "60" }],
  exceptions: [],
  message: "",
  withdrawn: "",
};

type Fields = Readonly<Record<string, unknown>>;

/** Without what is not given. */
const given = (fields: Fields): Fields =>
  Object.fromEntries(
    Object.entries(fields).filter(
      ([, value]) => value !== "" && value !== undefined && !(Array.isArray(value) && value.length === 0),
    ),
  );

const fateOf = ({ fate, fateDays }: Draft) => {
  if (fate === "end_with_base") return undefined;
  return fate === "keep_serving" ? fate : { days_after: Number(fateDays) };
};

const modelOf = (draft: Draft): Fields =>
  given({
    id: draft.base,
    announced_at: draft.announced,
    training_ends_at: draft.trainingEnds,
    shutdown_at: draft.shutdown,
    successor: draft.successor,
    tuned_models: fateOf(draft),
    reason: draft.reason,
  });

const whoOf = ({ who, days }: StageDraft): Who =>
  who === "inactive" ? { inactive: { days: Number(days) } } : who;

const scopeOf = ({ scope, base }: Draft) => {
  if (scope === "platform") return scope;
  return scope === "base" ? { base } : { method: scope };
};

const exceptionsOf = ({ exceptions }: Draft) =>
  exceptions.map(({ kind, id, until, reason }) => given({ [kind]: id, until, reason }));

const builtinOf = (draft: Draft): Fields =>
  given({
    builtin: draft.builtin,
    base: draft.base,
    starting: draft.starting,
    exceptions: exceptionsOf(draft),
    message: draft.message,
  });

const policyOf = (draft: Draft): Fields =>
  given({
    name: draft.name,
    scope: scopeOf(draft),
    stages: draft.stages.map((stage) => ({ date: stage.date, who: whoOf(stage) })),
    exceptions: exceptionsOf(draft),
    message: draft.message,
  });

function withdrawOf({ withdrawn }: Draft): Fields {
  const at = withdrawn.indexOf(":");
  const name = withdrawn.slice(at + 1);
  return withdrawn.startsWith("model:") ? { models: [name] } : { policies: [name] };
}

const contents: Readonly<Record<Draft["kind"], (draft: Draft) => Fields>> = {
  model: (draft) => ({ models: [modelOf(draft)] }),
  builtin: (draft) => ({ policies: [builtinOf(draft)] }),
  policy: (draft) => ({ policies: [policyOf(draft)] }),
  withdraw: (draft) => ({ withdraw: withdrawOf(draft) }),
};

/** As the API reads it. */
export const documentOf = (draft: Draft): Fields =>
  given({ note: draft.note, ...contents[draft.kind](draft), accept: draft.accept });

/** What has to be given before there is anything to plan; null: nothing. */
export function missingOf(draft: Draft, needsBase: boolean): string | null {
  const { kind, base, shutdown, trainingEnds, announced, name, stages, withdrawn } = draft;
  if (kind === "withdraw") return withdrawn === "" ? "Choose what is taken away." : null;
  if (needsBase && base === "") return "Choose a base model.";
  if (kind === "model") {
    return shutdown || trainingEnds || announced
      ? null
      : "Give the day of its shutdown, or of the end of training.";
  }
  if (kind === "builtin") {
    const mayBePast = !needsBase && draft.accept.includes("past_dates");
    return draft.starting !== "" || mayBePast ? null : "Give the first day.";
  }
  if (name === "") return "Give the policy a name.";
  return stages.every(({ date }) => date !== "") && stages.length > 0 ? null : "Give each stage its day.";
}
