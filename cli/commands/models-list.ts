import type { ModelStatus } from "../../contract/lifecycle.ts";
import type { ModelObject } from "../../contract/models.ts";
import type { Cli } from "../cli.ts";
import { withDaysLeft } from "../output/lifecycle-words.ts";
import { type Column, fittingColumns } from "../output/table.ts";
import { ago } from "../output/words.ts";
import { type AddCommand, example } from "./command.ts";

type Columns = Column<ModelObject>[];

const name: Column<ModelObject> = { title: "MODEL", of: ({ id }) => id };
const origin = (now: number): Columns => [
  { title: "OWNER", of: ({ owned_by }) => owned_by, shrinks: true },
  { title: "CREATED", of: ({ created }) => ago(created, now) },
];

/** Where an end is planned for any of them; in a narrow terminal it comes before all else. */
const dated = (states: ReadonlyMap<string, ModelStatus>, now: number): Columns[] => {
  const state = { title: "STATE", of: ({ id }: ModelObject) => states.get(id)?.state ?? "" };
  const end = { title: "SHUTDOWN", of: (model: ModelObject) => withDaysLeft(model.shutdown_date, now) };
  return [
    [name, ...origin(now), state, end],
    [name, state, end],
    [name, end],
  ];
};

const hasDates = ({ state, shutdown_date }: ModelStatus) => state !== "active" || shutdown_date !== null;

async function list(cli: Cli): Promise<void> {
  const client = cli.project();
  const models = await client.models.list();
  const statuses = cli.show.isJson() ? [] : (await client.lifecycle.status()).models;
  const states = new Map(statuses.map((one) => [one.id, one]));
  const now = cli.now();
  const isDated = models.some(({ id }) => statuses.some((one) => one.id === id && hasDates(one)));
  const choices = isDated ? dated(states, now) : [[name, ...origin(now)]];
  const columns = fittingColumns(choices, models, cli.show.width());
  cli.show.list(models, columns, "No models: run `npm run setup` to get the embedded base.");
}

export const modelsList: AddCommand = (parent, cli) => {
  parent
    .command("list")
    .description("List base models and your tuned ones, with the days that they have left.")
    .addHelpText("after", example("perennial models list"))
    .action(() => list(cli));
};
