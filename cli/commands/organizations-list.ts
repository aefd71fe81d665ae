import type { OrganizationObject } from "../../contract/keys.ts";
import type { Column } from "../output/table.ts";
import { ago } from "../output/words.ts";
import { type AddCommand, example } from "./command.ts";

const columns = (now: number): Column<OrganizationObject>[] => [
  { title: "ORGANIZATION", of: ({ id }) => id },
  { title: "NAME", of: ({ name }) => name, shrinks: true },
  { title: "RUNS THE SERVER", of: ({ is_operator }) => (is_operator ? "yes" : "") },
  { title: "CREATED", of: ({ created_at }) => ago(created_at, now) },
];

export const organizationsList: AddCommand = (parent, cli) => {
  parent
    .command("list")
    .description("List the organizations of this server (needs the operator's admin key).")
    .addHelpText("after", example("perennial organizations list"))
    .action(async () => {
      const all = await Array.fromAsync(cli.admin().organizations.list());
      cli.show.list(all, columns(cli.now()), "No organizations.");
    });
};
