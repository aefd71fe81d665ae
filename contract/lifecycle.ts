import { z } from "zod";
import { limitTo } from "./common.ts";

/** A day of the calendar, `YYYY-MM-DD`; what happens on it happens at its first second, 00:00 UTC. */
export const Day = z.iso
  .date("expected a date such as 2027-01-06")
  .refine((day) => day >= "2000-01-01" && day < "2200-01-01", { error: "expected a date from 2000 to 2199" });

const Name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, "use up to 64 lower-case letters, digits, '.', '_' and '-'");
const ModelId = z.string().min(1).max(256);
const Sentence = z.string().min(1).max(1000);
const Reason = z.string().min(1).max(500);

/** What becomes of the models tuned on a base when the base is shut down. */
export const TunedModelsFate = z.union([
  z.literal("end_with_base"),
  z.literal("keep_serving"),
  z.strictObject({ days_after: z.int().min(1).max(3650) }),
]);
export type TunedModelsFate = z.infer<typeof TunedModelsFate>;

/** The dates of a base model. */
export const ModelSchedule = z.strictObject({
  id: ModelId,
  /** From then on the model is deprecated; left out: the day on which the change is applied. */
  announced_at: Day.optional(),
  /** From then on nothing is trained on it; left out: its shutdown. */
  training_ends_at: Day.nullish(),
  shutdown_at: Day.nullish(),
  successor: ModelId.nullish(),
  reason: Reason.nullish(),
  tuned_models: TunedModelsFate.default("end_with_base"),
});
export type ModelSchedule = z.infer<typeof ModelSchedule>;

/** Whom a stage takes the right to create jobs from. */
export const Who = z.union([
  z.literal("never_tuned"),
  z.literal("everyone"),
  z.strictObject({ inactive: z.strictObject({ days: z.int().min(1).max(3650) }) }),
]);
export type Who = z.infer<typeof Who>;

export const Stage = z.strictObject({ date: Day, who: Who });
export type Stage = z.infer<typeof Stage>;

export const Scope = z.union([
  z.literal("platform"),
  z.strictObject({ base: ModelId }),
  z.strictObject({ method: z.enum(["supervised", "dpo"]) }),
]);
export type Scope = z.infer<typeof Scope>;

/** Who may train on in spite of the policy, to the end of the day before `until`. */
export const PolicyException = z
  .strictObject({
    organization: z.string().min(1).max(100).optional(),
    project: z.string().min(1).max(100).optional(),
    until: Day,
    reason: Reason,
  })
  .refine(({ organization, project }) => (organization === undefined) !== (project === undefined), {
    error: "an exception names either an organization or a project",
  });
export type PolicyException = z.infer<typeof PolicyException>;

export const Policy = z.strictObject({
  name: Name,
  scope: Scope.default("platform"),
  stages: z.array(Stage).min(1).max(20),
  exceptions: z.array(PolicyException).max(1000).default([]),
  /** What a refused create says; left out: OpenAI's own sentence. */
  message: Sentence.optional(),
});
export type Policy = z.infer<typeof Policy>;

/** A policy that comes with Perennial, on dates of your own: `starting` is its first day. */
export const BuiltinPolicy = z.strictObject({
  builtin: z.enum(["openai-2026", "azure-two-phase", "bedrock-legacy"]),
  name: Name.optional(),
  base: ModelId.optional(),
  starting: Day.optional(),
  exceptions: z.array(PolicyException).max(1000).optional(),
  message: Sentence.optional(),
});
export type BuiltinPolicy = z.infer<typeof BuiltinPolicy>;

export const MOST_POLICIES = 50;

/** What a change may do on purpose that otherwise is a mistake. */
export const Acceptance = z.enum(["past_dates", "hits_nobody", "hits_everybody"]);
export type Acceptance = z.infer<typeof Acceptance>;

/** A change of the life cycle, as an operator writes it: models and policies by name, each as it shall be. */
export const LifecycleDocument = z.strictObject({
  note: Reason.optional(),
  models: z.array(ModelSchedule).max(200).default([]),
  policies: z
    .array(z.union([BuiltinPolicy, Policy]))
    .max(MOST_POLICIES)
    .default([]),
  /** Takes dates and policies away again. */
  withdraw: z
    .strictObject({
      models: z.array(ModelId).max(200).default([]),
      policies: z.array(Name).max(50).default([]),
    })
    .prefault({}),
  accept: z.array(Acceptance).default([]),
});
export type LifecycleDocument = z.infer<typeof LifecycleDocument>;

export const ModelState = z.enum(["active", "deprecated", "training_closed", "retired"]);
export type ModelState = z.infer<typeof ModelState>;

/** What happens on a date. */
export const DateKind = z.enum([
  "deprecation",
  "training_end",
  "shutdown",
  "tuned_models_shutdown",
  "policy_stage",
  "exception_end",
]);
export type DateKind = z.infer<typeof DateKind>;

export const Hit = z.object({
  organizations: z.int(),
  projects: z.int(),
  keys: z.int(),
  models: z.int(),
  /** Queued or at work; they go on. */
  open_jobs: z.int(),
  jobs_30_days: z.int(),
  requests_30_days: z.int(),
  tokens_30_days: z.int(),
});
export type Hit = z.infer<typeof Hit>;

export const PlannedDate = z.object({
  date: Day,
  what: DateKind,
  /** The base model, or the policy. */
  subject: z.string(),
  /** For a policy's stage. */
  who: Who.nullable(),
  is_past: z.boolean(),
  hit: Hit,
  /** The first 20 of them, by id. */
  organizations: z.array(z.object({ id: z.string(), name: z.string() })),
  models: z.array(z.string()),
});
export type PlannedDate = z.infer<typeof PlannedDate>;

/** What a change would do, before it does. */
export const LifecyclePlan = z.object({
  object: z.literal("lifecycle.plan"),
  /** `apply` takes it: SHA-256 over the change, what is in force, and whom each date hits. */
  hash: z.string(),
  document: LifecycleDocument,
  changes: z.array(
    z.object({
      kind: z.enum(["model", "policy"]),
      name: z.string(),
      action: z.enum(["add", "replace", "withdraw", "unchanged"]),
    }),
  ),
  dates: z.array(PlannedDate),
  warnings: z.array(z.string()),
});
export type LifecyclePlan = z.infer<typeof LifecyclePlan>;

export const LifecycleChange = z.object({
  id: z.string(),
  object: z.literal("lifecycle.change"),
  created_at: z.int(),
  /** The admin key that did it. */
  key_id: z.string(),
  note: z.string().nullable(),
  plan_hash: z.string(),
  document: LifecycleDocument,
  /** The change that this one takes back. */
  undoes: z.string().nullable(),
  undone_by: z.string().nullable(),
  /** The first date that closes the way back. */
  undo_until: Day.nullable(),
});
export type LifecycleChange = z.infer<typeof LifecycleChange>;

/** What is in force. */
export const LifecycleState = z.object({
  object: z.literal("lifecycle"),
  version: z.int(),
  models: z.array(ModelSchedule.extend({ state: ModelState })),
  policies: z.array(Policy),
});
export type LifecycleState = z.infer<typeof LifecycleState>;

export const StageStatus = z.object({
  date: Day,
  who: Who,
  /** Its date has come. */
  is_in_force: z.boolean(),
  /** As things stand; for a date ahead: if nothing more happens until then. */
  hits_you: z.boolean(),
  /** When the right to train ends, or ended, by this stage; null: never, as things stand. */
  hits_you_at: z.int().nullable(),
  reason: z.string(),
  /** What would keep the right; null: nothing would, or nothing has to. */
  keep: z.string().nullable(),
});
export type StageStatus = z.infer<typeof StageStatus>;

export const PolicyStatus = z.object({
  name: z.string(),
  scope: Scope,
  stages: z.array(StageStatus),
  exception: z.object({ until: Day, reason: z.string() }).nullable(),
  may_train: z.boolean(),
  /** When that ends, as things stand. */
  ends_at: z.int().nullable(),
});
export type PolicyStatus = z.infer<typeof PolicyStatus>;

export const ModelStatus = z.object({
  id: z.string(),
  base_model: z.string(),
  state: ModelState,
  training_ends_at: Day.nullable(),
  shutdown_date: Day.nullable(),
  days_left: z.int().nullable(),
  successor: z.string().nullable(),
  reason: z.string().nullable(),
  /** Of a tuned model of this project, to the minute. */
  last_inference_at: z.int().nullable(),
});
export type ModelStatus = z.infer<typeof ModelStatus>;

/** Where the calling project stands. */
export const LifecycleStatus = z.object({
  object: z.literal("lifecycle.status"),
  project_id: z.string(),
  organization_id: z.string(),
  now: z.int(),
  training: z.object({
    /** Whether a job may be created at all; a policy of one base or method says so in `policies`. */
    may_train: z.boolean(),
    ends_at: z.int().nullable(),
    first_job_at: z.int().nullable(),
    last_inference_at: z.int().nullable(),
    policies: z.array(PolicyStatus),
  }),
  models: z.array(ModelStatus),
  /** What is lost when, and what to do: one sentence each, soonest first. */
  summary: z.array(z.string()),
});
export type LifecycleStatus = z.infer<typeof LifecycleStatus>;

export const PlanHash = z.object({ plan_hash: z.string().min(1).max(128) });
export const ApplyPlan = z.strictObject({ document: z.unknown(), plan_hash: z.string().min(1).max(128) });
export const ListChanges = z.object({ limit: limitTo(100, 20), after: z.string().optional() });

/** A policy that comes with Perennial, as it stands without the operator's own dates. */
export const BuiltinDescription = z.object({
  object: z.literal("lifecycle.builtin_policy"),
  name: z.string(),
  title: z.string(),
  /** null: the operator names the first day. */
  starting: Day.nullable(),
  /** Whether it ends one base, which has to be named. */
  needs_base: z.boolean(),
  stages: z.array(z.object({ after_days: z.int(), date: Day.nullable(), who: Who })),
  shutdown_after_days: z.int().nullable(),
});
export type BuiltinDescription = z.infer<typeof BuiltinDescription>;
