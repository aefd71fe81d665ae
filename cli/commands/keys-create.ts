import { type AddCommand, example } from "./command.ts";
import { chooseProject } from "./project-choice.ts";

export const keysCreate: AddCommand = (parent, cli) => {
  parent
    .command("create")
    .option("--project <id or name>", "whose key; may be left out while there is one project")
    .option("--name <name>", "what the key is for", "Key")
    .description("Create a project's API key (needs the admin key). Its value is printed once.")
    .addHelpText("after", example("perennial keys create --project proj_abc123 --name ci"))
    .action(async ({ project: asked, name }: { project?: string; name: string }) => {
      const { projects } = cli.admin();
      const project = chooseProject(await projects.list(), asked);
      const key = await projects.createKey(project.id, name);
      if (cli.show.isJson()) return cli.show.json(key);
      cli.show.remark(`${key.id}, a key of ${project.name}. Its value is not shown again:`);
      cli.show.text(`${key.value ?? ""}\n`);
    });
};
