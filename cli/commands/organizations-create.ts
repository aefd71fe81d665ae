import { type AddCommand, example } from "./command.ts";

export const organizationsCreate: AddCommand = (parent, cli) => {
  parent
    .command("create")
    .argument("<name>", "a to z, 0 to 9 and '-'; part of the names of its tuned models")
    .description(
      "Create an organization (needs the operator's admin key). Its own admin key is printed once.",
    )
    .addHelpText("after", example("perennial organizations create acme"))
    .action(async (name: string) => {
      const made = await cli.admin().organizations.create(name);
      if (cli.show.isJson()) return cli.show.json(made);
      cli.show.remark(
        `${made.id}, with the project ${made.default_project}. Its admin key is not shown again:`,
      );
      cli.show.text(`${made.admin_key ?? ""}\n`);
      cli.show.remark(`Make a key for its project: \`PERENNIAL_ADMIN_KEY=… perennial keys create\`.`);
    });
};
