import type { ModelStatus } from "../../contract/lifecycle.ts";
import type { ModelObject } from "../../contract/models.ts";
import type { Cli } from "../cli.ts";
import { withDaysLeft } from "../output/lifecycle-words.ts";
import type { Column } from "../output/table.ts";
import { ago } from "../output/words.ts";
import { type AddCommand, example } from "./command.ts";

const always = (now: number): Column<ModelObject>[] => [
  { title: "MODEL", of: ({ id }) => id },
  { title: "OWNER", of: ({ owned_by }) => owned_by, shrinks: true },
  { title: "CREATED", of: ({ created }) => ago(created, now) },
];

/** Shown where an end is planned for any of them. */
const dated = (states: ReadonlyMap<string, ModelStatus>, now: number): Column<ModelObject>[] => [
  { title: "STATE", of: ({ id }) => states.get(id)?.state ?? "" },
  { title: "SHUTDOWN", of: ({ shutdown_date }) => withDaysLeft(shutdown_date, now) },
];

async function list(cli: Cli): Promise<void> {
  const client = cli.project();
  const models = await client.models.list();
  const statuses = cli.show.isJson() ? [] : (await client.lifecycle.status()).models;
  const states = new Map(statuses.map((one) => [one.id, one]));
  const isDated = models.some(
    ({ id }) => (states.get(id)?.state ?? "active") !== "active" || states.get(id)?.shutdown_date,
  );
  const now = cli.now();
  const columns = [...always(now), ...(isDated ? dated(states, now) : [])];
  cli.show.list(models, columns, "No models: run `npm run setup` to get the embedded base.");
}

export const modelsList: AddCommand = (parent, cli) => {
  parent
    .command("list")
    .description("List base models and your tuned ones, with the days that they have left.")
    .addHelpText("after", example("perennial models list"))
    .action(() => list(cli));
};
