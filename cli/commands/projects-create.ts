import { type AddCommand, example } from "./command.ts";

export const projectsCreate: AddCommand = (parent, cli) => {
  parent
    .command("create")
    .argument("<name>", "the project's name")
    .description(
      "Create a project (needs the admin key). Files, jobs and models of one are invisible to others.",
    )
    .addHelpText("after", example('perennial projects create "Customer support"'))
    .action(async (name: string) => {
      const project = await cli.admin().projects.create(name);
      cli.show.one(project, [
        ["project", project.id],
        ["name", project.name],
      ]);
      cli.show.remark(`\nMake a key for it with \`perennial keys create --project ${project.id}\`.`);
    });
};
