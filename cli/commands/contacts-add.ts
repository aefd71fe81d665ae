import { type AddCommand, example } from "./command.ts";
import { chooseProject } from "./project-choice.ts";

export const contactsAdd: AddCommand = (parent, cli) => {
  parent
    .command("add")
    .argument("<email>", "the address")
    .option("--project <id or name>", "only for what hits this project")
    .description("Have notices mailed to an address (needs the admin key).")
    .addHelpText(
      "after",
      example(
        "perennial contacts add ops@example.com",
        "perennial contacts add team@example.com --project Team",
      ),
    )
    .action(async (email: string, { project }: { project?: string }) => {
      const { projects, contacts } = cli.admin();
      const chosen =
        project === undefined ? {} : { project_id: chooseProject(await projects.list(), project).id };
      const contact = await contacts.add({ email, ...chosen });
      cli.show.one(contact, [
        ["contact", contact.id],
        ["email", contact.email],
        ["project", contact.project_id ?? "all of the organization"],
      ]);
    });
};
