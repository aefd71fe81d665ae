import type { CheckpointPermission } from "../../contract/checkpoint-permissions.ts";
import type { Column } from "../output/table.ts";
import { ago } from "../output/words.ts";
import { type AddCommand, example } from "./command.ts";

export type Named = CheckpointPermission & { readonly project: string };

export const permissionColumns = (now: number): Column<Named>[] => [
  { title: "PERMISSION", of: ({ id }) => id },
  { title: "PROJECT", of: ({ project_id }) => project_id },
  { title: "NAME", of: ({ project }) => project, shrinks: true },
  { title: "GRANTED", of: ({ created_at }) => ago(created_at, now) },
];

/** With the names of the projects; one that is archived has none here. */
export const withNames = (
  permissions: readonly CheckpointPermission[],
  projects: readonly { readonly id: string; readonly name: string }[],
): Named[] => {
  const names = new Map(projects.map(({ id, name }) => [id, name]));
  return permissions.map((one) => ({ ...one, project: names.get(one.project_id) ?? "–" }));
};

export const permissionsList: AddCommand = (parent, cli) => {
  parent
    .command("list")
    .argument("<model>", "the tuned model's or checkpoint's name")
    .description("List the other projects that may use a tuned model (needs the admin key).")
    .addHelpText("after", example("perennial permissions list ft:smollm2-135m-instruct:personal::Ab12Cd34"))
    .action(async (model: string) => {
      const { checkpointPermissions, projects } = cli.admin();
      const permissions = await Array.fromAsync(checkpointPermissions.list(model));
      const named = withNames(permissions, await projects.list());
      const none = "No other project may use it: `perennial permissions grant` lets one.";
      cli.show.list(named, permissionColumns(cli.now()), none);
    });
};
