import { tunedBaseOf } from "../../deprecations/find-deprecation.ts";
import { leftWords } from "../../deprecations/words.ts";
import type { ModelUsage } from "../usage/collect.ts";
import type { EndingModel, UsageReport } from "../usage/usage-report.ts";
import { type Column, renderTable } from "./table.ts";
import { printable, thousands } from "./words.ts";
import { wrap } from "./wrap.ts";

type Page = { readonly now: number; readonly width: number | null };

const vendorNames = { openai: "OpenAI", azure: "Azure", own: "Its schedule" } as const;

/** Where nothing says how wide. */
const STANDARD_WIDTH = 100;

const counted = (count: number, noun: string) => `${thousands(count)} ${noun}${count === 1 ? "" : "s"}`;
const shown = (value: number) => (value === 0 ? "–" : thousands(value));

const useColumns = [
  { title: "MODEL", of: ({ model }: ModelUsage) => model, shrinks: true },
  { title: "REQUESTS", of: ({ requests }: ModelUsage) => shown(requests) },
  { title: "TOKENS", of: ({ tokens }: ModelUsage) => shown(tokens) },
] as const satisfies Column<ModelUsage>[];

const endingColumns = (now: number): Column<EndingModel>[] => [
  { title: "ENDS", of: ({ ends }) => ends },
  { title: "LEFT", of: ({ has_ended, ends }) => (has_ended ? "gone" : leftWords(ends, now)) },
  ...useColumns,
];

const firstAhead = ({ ending }: UsageReport): EndingModel | undefined =>
  ending.find(({ has_ended }) => !has_ended);

/** `3 of your 7 models`, `Your model`. */
const shareOf = (count: number, models: number): string =>
  models === 1 ? "Your model" : `${thousands(count)} of your ${thousands(models)} models`;

function goneWords({ ended, models }: UsageReport): string {
  if (ended === 0) return "";
  return `${shareOf(ended, models)} ${ended === 1 ? "has" : "have"} ended.`;
}

function aheadWords(report: UsageReport, now: number): string {
  const { models, ending_soon: soon, soon_days: days } = report;
  const first = firstAhead(report);
  if (!first) return "";
  const when = `${first.model} on ${first.ends} (${leftWords(first.ends, now)})`;
  if (models === 1) return `Your model ends: ${when}.`;
  const share = soon === 0 ? `None of your ${thousands(models)} models` : shareOf(soon, models);
  return `${share} ${soon > 1 ? "end" : "ends"} within ${days} days; the first: ${when}.`;
}

function datelessWords({ models, ending, no_date_announced: dateless }: UsageReport): string {
  if (dateless.length === models)
    return `No date is announced for your ${models === 1 ? "model" : "models"}.`;
  if (ending.length === 0) return "None of your models ends in the days that you asked for.";
  return "";
}

/** `2 of your 7 models have ended. 3 of your 7 models end within 60 days; the first: …`. */
export const summaryOf = (report: UsageReport, now: number): string =>
  [goneWords(report), aheadWords(report, now), datelessWords(report)].filter((part) => part !== "").join(" ");

/** What there is instead; models with the same answer stand together. */
function insteadOf({ ending, vendor }: UsageReport, width: number): string {
  if (ending.length === 0) return "";
  const groups = Map.groupBy(ending, ({ replacement, perennial }) =>
    JSON.stringify([replacement, perennial]),
  );
  const texts = Array.from(groups.values(), (models) => {
    const names = models.map(({ model }) => model).join(", ");
    const { replacement, perennial } = models[0] ?? { replacement: null, perennial: null };
    const named =
      replacement === null ? "" : wrap(`${vendorNames[vendor]} names: ${replacement}.`, width, "    ");
    const offered = perennial === null ? "" : wrap(`Perennial today: ${perennial}`, width, "    ");
    return wrap(names, width, "  ") + named + offered;
  });
  return `\nInstead\n${texts.join("")}`;
}

function withoutDate({ no_date_announced: models }: UsageReport, width: number | null): string {
  return models.length === 0 ? "" : `\nNo date announced\n${renderTable(useColumns, models, width)}`;
}

function remarksOf(report: UsageReport): string[] {
  const unsure = report.ending.filter(({ certainty }) => certainty === "secondary");
  const family = report.ending.filter(({ matched_by }) => matched_by === "pattern");
  const moved = report.ending.filter(({ other_days }) => other_days.length > 0);
  return [
    ...report.training.map(
      ({ subject, ends, days_left: left }) => `${subject} end on ${ends} (${counted(left, "day")}).`,
    ),
    ...moved.map(({ model, other_days }) => `${model}: the calendar also names ${other_days.join(", ")}.`),
    ...(unsure.length === 0
      ? []
      : [`From secondary sources: the dates of ${unsure.map(({ model }) => model).join(", ")}.`]),
    ...(family.length === 0
      ? []
      : [`Known only as one of a family of names: ${family.map(({ model }) => model).join(", ")}.`]),
    ...(report.rows_without_model === 0
      ? []
      : [
          `${counted(report.rows_without_model, "row")} without a model ${report.rows_without_model === 1 ? "is" : "are"} left out.`,
        ]),
  ];
}

/** What to type next. */
export function nextCommand({ ending, vendor }: UsageReport): string {
  const hasTuned = ending.some(({ model }) => tunedBaseOf(model) !== null);
  if (hasTuned)
    return "Next: `perennial files check train.jsonl`, the file that a tuned model of yours came from.";
  if (ending.length > 0) return "Next: `perennial models list`, the base models that you can tune here.";
  return `Next: \`perennial deprecations --vendor ${vendor}\`, the whole calendar.`;
}

/** What of yours ends when, for people. */
export function usageReportPage(report: UsageReport, { now, width }: Page): string {
  const lineWidth = width ?? STANDARD_WIDTH;
  const table = report.ending.length === 0 ? "" : renderTable(endingColumns(now), report.ending, width);
  const remarks = remarksOf(report)
    .map((line) => wrap(line, lineWidth))
    .join("");
  return printable(
    [
      table,
      withoutDate(report, width),
      insteadOf(report, lineWidth),
      remarks === "" ? "" : `\n${remarks}`,
      `\n${wrap(summaryOf(report, now), lineWidth)}${wrap(nextCommand(report), lineWidth)}`,
    ]
      .join("")
      .replace(/^\n/, ""),
  );
}
