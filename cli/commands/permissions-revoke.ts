import { CliError } from "../cli-error.ts";
import { type AddCommand, example } from "./command.ts";
import { type Named, withNames } from "./permissions-list.ts";

function choose(permissions: readonly Named[], asked: string, model: string): Named {
  const byId = permissions.find(({ id, project_id }) => id === asked || project_id === asked);
  const fitting = byId ? [byId] : permissions.filter(({ project }) => project === asked);
  const [only, ...others] = fitting;
  if (only && others.length === 0) return only;
  const what = only ? `Several projects are called ${asked}` : `${asked} has no permission for ${model}`;
  throw new CliError(`${what}; \`perennial permissions list ${model}\` shows those that have one.`);
}

export const permissionsRevoke: AddCommand = (parent, cli) => {
  parent
    .command("revoke")
    .argument("<model>", "the tuned model's or checkpoint's name")
    .argument("<projects...>", "ids or names of projects, or ids of permissions")
    .description("End other projects' use of a tuned model, at once (needs the admin key).")
    .addHelpText(
      "after",
      example('perennial permissions revoke ft:smollm2-135m-instruct:personal::Ab12Cd34 "Customer support"'),
    )
    .action(async (model: string, asked: readonly string[]) => {
      const { checkpointPermissions, projects } = cli.admin();
      const permissions = await Array.fromAsync(checkpointPermissions.list(model));
      const named = withNames(permissions, await projects.list());
      const chosen = [...new Set(asked.map((one) => choose(named, one, model)))];
      for (const { id } of chosen) await checkpointPermissions.revoke(model, id);
      cli.show.one(
        chosen.map(({ id }) => id),
        chosen.map(({ id, project_id }) => ["revoked", `${id}  ${project_id}`]),
      );
    });
};
