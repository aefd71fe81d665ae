import type { ModelObject } from "../../contract/models.ts";
import type { Column } from "../output/table.ts";
import { ago } from "../output/words.ts";
import { type AddCommand, example } from "./command.ts";

const columns = (now: number): Column<ModelObject>[] => [
  { title: "MODEL", of: ({ id }) => id },
  { title: "OWNER", of: ({ owned_by }) => owned_by },
  { title: "CREATED", of: ({ created }) => ago(created, now) },
];

export const modelsList: AddCommand = (parent, cli) => {
  parent
    .command("list")
    .description("List base models and your tuned ones.")
    .addHelpText("after", example("perennial models list"))
    .action(async () => {
      const models = await cli.project().models.list();
      cli.show.list(models, columns(cli.now()), "No models: run `npm run setup` to get the embedded base.");
    });
};
