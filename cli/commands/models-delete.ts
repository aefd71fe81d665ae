import { type AddCommand, example } from "./command.ts";

export const modelsDelete: AddCommand = (parent, cli) => {
  parent
    .command("delete")
    .argument("<model>", "the tuned model's name")
    .description("Delete a tuned model and its weights.")
    .addHelpText(
      "after",
      example("perennial models delete ft:smollm2-135m-instruct:personal:support:Ab12Cd34"),
    )
    .action(async (id: string) => {
      cli.show.one(await cli.project().models.delete(id), [["deleted", id]]);
    });
};
