import type { LifecycleStatus, ModelStatus, PolicyStatus, StageStatus } from "../../contract/lifecycle.ts";
import { daysLeft, scopeText, whoText } from "./lifecycle-words.ts";
import { type Column, fittingColumns, renderTable } from "./table.ts";
import { ago, dateOf, momentOf, printable } from "./words.ts";

type Stage = StageStatus & { readonly policy: PolicyStatus };

const hitText = ({ hits_you_at: at }: Stage, now: number): string => {
  if (at === null) return "no";
  return at <= now ? `since ${dateOf(at)}` : `on ${dateOf(at)}`;
};

const stages = (now: number): Column<Stage>[] => [
  { title: "POLICY", of: ({ policy }) => policy.name, shrinks: true },
  { title: "FOR", of: ({ policy }) => scopeText(policy.scope), shrinks: true },
  { title: "FROM", of: ({ date }) => date },
  { title: "CLOSES TRAINING TO", of: ({ who }) => whoText(who) },
  { title: "HITS YOU", of: (stage) => hitText(stage, now) },
];

const model: Column<ModelStatus> = { title: "MODEL", of: ({ id }) => id };
const state: Column<ModelStatus> = { title: "STATE", of: (one) => one.state };
const trainingEnd: Column<ModelStatus> = {
  title: "TRAINING ENDS",
  of: ({ training_ends_at }) => training_ends_at ?? "",
};
const shutdown: Column<ModelStatus>[] = [
  { title: "SHUTDOWN", of: ({ shutdown_date }) => shutdown_date ?? "" },
  { title: "DAYS LEFT", of: ({ days_left }) => (days_left === null ? "" : String(days_left)) },
];
const more = (now: number): Column<ModelStatus>[] => [
  { title: "SUCCESSOR", of: ({ successor }) => successor ?? "", shrinks: true },
  { title: "LAST CALL", of: ({ last_inference_at: at }) => (at === null ? "" : ago(at, now)) },
];

function modelsText({ models, now }: LifecycleStatus, width: number | null): string {
  const choices = [
    [model, state, trainingEnd, ...shutdown, ...more(now)],
    [model, state, trainingEnd, ...shutdown],
    [model, state, ...shutdown],
    [model, ...shutdown],
  ];
  return models.length === 0 ? "" : `\n${renderTable(fittingColumns(choices, models, width), models, width)}`;
}

function trainingText({ training, now }: LifecycleStatus): string {
  if (!training.may_train)
    return `You can create no fine-tuning jobs${training.ends_at === null ? "" : ` since ${dateOf(training.ends_at)}`}.\n`;
  if (training.ends_at === null) return "You can create fine-tuning jobs; no policy ends that.\n";
  const days = Math.max(0, Math.floor((training.ends_at - now) / 86_400));
  return `You can create fine-tuning jobs until ${momentOf(training.ends_at)} (${days === 1 ? "1 day" : `${days} days`}).\n`;
}

const keepText = ({ date, keep, policy }: Stage): string =>
  keep === null ? "" : `  ${policy.name}, stage of ${date}: ${keep}\n`;

const exceptionText = ({ name, exception }: PolicyStatus, now: number): string =>
  exception === null || daysLeft(exception.until, now) === 0
    ? ""
    : `Policy ${name} spares you until ${exception.until}: ${exception.reason}\n`;

/** Where a project stands, for people: sentences first, then tables. */
export function statusPage(status: LifecycleStatus, width: number | null): string {
  const { training, now, summary } = status;
  const rows = training.policies.flatMap((policy) => policy.stages.map((stage) => ({ ...stage, policy })));
  const keep = rows.map(keepText).join("");
  return printable(
    [
      trainingText(status),
      ...training.policies.map((policy) => exceptionText(policy, now)),
      ...summary.map((sentence) => `${sentence}\n`),
      rows.length === 0 ? "" : `\n${renderTable(stages(now), rows, width)}`,
      keep === "" ? "" : `\nWhat keeps you in:\n${keep}`,
      modelsText(status, width),
    ].join(""),
  );
}
