import type { ProjectObject } from "../../contract/keys.ts";
import type { Column } from "../output/table.ts";
import { ago } from "../output/words.ts";
import { type AddCommand, example } from "./command.ts";

const columns = (now: number): Column<ProjectObject>[] => [
  { title: "PROJECT", of: ({ id }) => id },
  { title: "NAME", of: ({ name }) => name, shrinks: true },
  { title: "CREATED", of: ({ created_at }) => ago(created_at, now) },
];

export const projectsList: AddCommand = (parent, cli) => {
  parent
    .command("list")
    .description("List projects (needs the admin key).")
    .addHelpText("after", example("perennial projects list"))
    .action(async () => {
      cli.show.list(await cli.admin().projects.list(), columns(cli.now()), "No projects.");
    });
};
