import type { KeyObject } from "../../contract/keys.ts";
import type { Column } from "../output/table.ts";
import { ago } from "../output/words.ts";
import { type AddCommand, example } from "./command.ts";
import { chooseProject } from "./project-choice.ts";

type Owned = KeyObject & { readonly project: string };

const columns = (now: number): Column<Owned>[] => [
  { title: "KEY", of: ({ id }) => id },
  { title: "NAME", of: ({ name }) => name, shrinks: true },
  { title: "PROJECT", of: ({ project }) => project, shrinks: true },
  { title: "VALUE", of: ({ redacted_value }) => redacted_value },
  { title: "CREATED", of: ({ created_at }) => ago(created_at, now) },
  {
    title: "LAST USED",
    of: ({ last_used_at }) => (last_used_at === null ? "never" : ago(last_used_at, now)),
  },
];

export const keysList: AddCommand = (parent, cli) => {
  parent
    .command("list")
    .option("--project <id or name>", "only this project's")
    .description("List the API keys of all projects (needs the admin key).")
    .addHelpText("after", example("perennial keys list"))
    .action(async ({ project: asked }: { project?: string }) => {
      const { projects } = cli.admin();
      const all = await projects.list();
      const chosen = asked === undefined ? all : [chooseProject(all, asked)];
      const keys = await Promise.all(
        chosen.map(async ({ id, name }) =>
          (await projects.listKeys(id)).map((key): Owned => ({ ...key, project: name })),
        ),
      );
      cli.show.list(keys.flat(), columns(cli.now()), "No keys.");
    });
};
