import { type AddCommand, example } from "./command.ts";
import { permissionColumns, withNames } from "./permissions-list.ts";
import { chooseProject } from "./project-choice.ts";

export const permissionsGrant: AddCommand = (parent, cli) => {
  parent
    .command("grant")
    .argument("<model>", "the tuned model's or checkpoint's name")
    .argument("<projects...>", "ids or names of the projects that may use it")
    .description("Let other projects call a tuned model and train on from it (needs the admin key).")
    .addHelpText(
      "after",
      example('perennial permissions grant ft:smollm2-135m-instruct:personal::Ab12Cd34 "Customer support"'),
    )
    .action(async (model: string, asked: readonly string[]) => {
      const { checkpointPermissions, projects } = cli.admin();
      const all = await projects.list();
      const chosen = asked.map((one) => chooseProject(all, one).id);
      const granted = await checkpointPermissions.grant(model, chosen);
      cli.show.list(withNames(granted, all), permissionColumns(cli.now()), "");
    });
};
