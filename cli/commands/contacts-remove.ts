import { type AddCommand, example } from "./command.ts";

export const contactsRemove: AddCommand = (parent, cli) => {
  parent
    .command("remove")
    .argument("<contact>", "the contact's id")
    .description("Mail no more notices to a contact, nor what still waits (needs the admin key).")
    .addHelpText("after", example("perennial contacts remove ctc_abc123"))
    .action(async (id: string) => {
      cli.show.one(await cli.admin().contacts.remove(id), [["removed", id]]);
    });
};
