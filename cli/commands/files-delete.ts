import { type AddCommand, example } from "./command.ts";

export const filesDelete: AddCommand = (parent, cli) => {
  parent
    .command("delete")
    .argument("<file>", "the file's id")
    .description("Delete a file. Jobs that were given it keep their own copy.")
    .addHelpText("after", example("perennial files delete file-abc123"))
    .action(async (id: string) => {
      cli.show.one(await cli.project().files.delete(id), [["deleted", id]]);
    });
};
