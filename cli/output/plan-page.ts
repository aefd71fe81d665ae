import type { LifecyclePlan, PlannedDate } from "../../contract/lifecycle.ts";
import { kindText, whoText } from "./lifecycle-words.ts";
import { type Column, fittingColumns, renderTable } from "./table.ts";
import { printable, thousands } from "./words.ts";

type Options = {
  /** null: as wide as it gets. */
  readonly width: number | null;
  /** Whether those who are hit are named. */
  readonly names: boolean;
};

const when: Column<PlannedDate>[] = [
  { title: "DATE", of: ({ date }) => date },
  { title: "WHAT", of: ({ subject, what }) => `${subject}: ${kindText(what)}`, shrinks: true },
];
const whom: Column<PlannedDate>[] = [
  { title: "WHOM", of: ({ who }) => (who === null ? "" : whoText(who)), shrinks: true },
  { title: "ORGS", of: ({ hit }) => thousands(hit.organizations) },
  { title: "PROJECTS", of: ({ hit }) => thousands(hit.projects) },
  { title: "KEYS", of: ({ hit }) => thousands(hit.keys) },
  { title: "MODELS", of: ({ hit }) => thousands(hit.models) },
];
const work: Column<PlannedDate>[] = [
  { title: "OPEN JOBS", of: ({ hit }) => thousands(hit.open_jobs) },
  { title: "JOBS 30D", of: ({ hit }) => thousands(hit.jobs_30_days) },
  { title: "REQUESTS 30D", of: ({ hit }) => thousands(hit.requests_30_days) },
  { title: "TOKENS 30D", of: ({ hit }) => thousands(hit.tokens_30_days) },
];

/** One table where the terminal is wide enough, otherwise two. */
function datesText(dates: readonly PlannedDate[], width: number | null): string {
  const narrow = [...when, ...whom];
  const first = fittingColumns([[...narrow, ...work], narrow], dates, width);
  const second = first === narrow ? `\n${renderTable([...when, ...work], dates, width)}` : "";
  return renderTable(first, dates, width) + second;
}

function namesText({ date, subject, what, hit, organizations, models }: PlannedDate): string {
  const rest = (count: number, shown: number) =>
    count > shown ? [`… and ${thousands(count - shown)} more`] : [];
  const lines = [
    ...organizations.map(({ id, name }) => `${id}  ${name}`),
    ...rest(hit.organizations, organizations.length),
    ...models,
    ...rest(hit.models, models.length),
  ];
  if (lines.length === 0) return "";
  return `\n${date} ${subject}: ${kindText(what)}\n${lines.map((line) => `  ${line}\n`).join("")}`;
}

const actions = { add: "new", replace: "changed", withdraw: "withdrawn", unchanged: "as it is" } as const;

const changesText = ({ changes }: LifecyclePlan) =>
  changes.map(({ kind, name, action }) => `${kind} ${name}: ${actions[action]}\n`).join("");

const warningsText = ({ warnings }: LifecyclePlan) =>
  warnings.length === 0 ? "" : `\nLook at this twice:\n${warnings.map((text) => `  ${text}\n`).join("")}`;

/** What a change would do, for people. */
export function planPage(plan: LifecyclePlan, { width, names }: Options): string {
  const dates = plan.dates.length === 0 ? "" : `\n${datesText(plan.dates, width)}`;
  const named = names ? plan.dates.map(namesText).join("") : "";
  return printable(`${changesText(plan)}${dates}${named}${warningsText(plan)}\nplan  ${plan.hash}\n`);
}
