import type { Projects } from "../../client/projects.ts";
import { CliError } from "../cli-error.ts";
import { type AddCommand, example } from "./command.ts";

/** Ids of keys are unique, so nobody has to know the project. */
async function projectOfKey(projects: Projects, id: string): Promise<string> {
  for (const project of await projects.list()) {
    if ((await projects.listKeys(project.id)).some((key) => key.id === id)) return project.id;
  }
  throw new CliError(`No key ${id}; \`perennial keys list\` shows them.`);
}

export const keysRevoke: AddCommand = (parent, cli) => {
  parent
    .command("revoke")
    .argument("<key>", "the key's id, not its value")
    .description("Revoke an API key (needs the admin key); it stops working at once.")
    .addHelpText("after", example("perennial keys revoke key_abc123"))
    .action(async (id: string) => {
      const { projects } = cli.admin();
      cli.show.one(await projects.revokeKey(await projectOfKey(projects, id), id), [["revoked", id]]);
    });
};
