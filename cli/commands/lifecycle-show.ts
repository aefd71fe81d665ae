import type { LifecycleState } from "../../contract/lifecycle.ts";
import type { Cli } from "../cli.ts";
import { fateText, scopeText, whoText, withDaysLeft } from "../output/lifecycle-words.ts";
import { type Column, renderTable } from "../output/table.ts";
import { type AddCommand, example } from "./command.ts";

type Model = LifecycleState["models"][number];
type Policy = LifecycleState["policies"][number];

const models = (now: number): Column<Model>[] => [
  { title: "MODEL", of: ({ id }) => id },
  { title: "STATE", of: ({ state }) => state },
  {
    title: "TRAINING ENDS",
    of: ({ training_ends_at, shutdown_at }) => training_ends_at ?? shutdown_at ?? "",
  },
  { title: "SHUTDOWN", of: ({ shutdown_at }) => withDaysLeft(shutdown_at, now) },
  {
    title: "TUNED MODELS",
    of: ({ tuned_models, shutdown_at }) => (shutdown_at ? fateText(tuned_models) : ""),
  },
  { title: "SUCCESSOR", of: ({ successor }) => successor ?? "" },
];

type Dated = { readonly name: string; readonly date: string; readonly what: string; readonly scope: string };

const datesOf = (policy: Policy): Dated[] => {
  const about = { name: policy.name, scope: scopeText(policy.scope) };
  const stages = policy.stages.map(({ date, who }) => ({ ...about, date, what: whoText(who) }));
  const ends = policy.exceptions.map(({ until, organization, project, reason }) => ({
    ...about,
    date: until,
    what: `end of the exception for ${organization ?? project} (${reason})`,
  }));
  return [...stages, ...ends].sort((a, b) => (a.date < b.date ? -1 : 1));
};

const dates = (now: number): Column<Dated>[] => [
  { title: "POLICY", of: ({ name }) => name },
  { title: "FOR", of: ({ scope }) => scope, shrinks: true },
  { title: "FROM", of: ({ date }) => withDaysLeft(date, now) },
  { title: "CLOSES TRAINING TO", of: ({ what }) => what, shrinks: true },
];

async function show(cli: Cli): Promise<void> {
  const state = await cli.admin().lifecycle.show();
  if (cli.show.isJson()) return cli.show.json(state);
  if (state.models.length + state.policies.length === 0)
    return cli.show.remark(
      "No dates and no policies: every model serves and trains. `perennial lifecycle plan FILE` changes that.",
    );
  const tables = [
    ...(state.models.length === 0 ? [] : [renderTable(models(cli.now()), state.models, cli.show.width())]),
    ...(state.policies.length === 0
      ? []
      : [renderTable(dates(cli.now()), state.policies.flatMap(datesOf), cli.show.width())]),
  ];
  cli.show.text(tables.join("\n"));
}

export const lifecycleShow: AddCommand = (parent, cli) => {
  parent
    .command("show")
    .description("Show the dates and policies that are in force (needs the admin key).")
    .addHelpText("after", example("perennial lifecycle show"))
    .action(() => show(cli));
};
