import { type AddCommand, example } from "./command.ts";

export const webhooksDelete: AddCommand = (parent, cli) => {
  parent
    .command("delete")
    .argument("<webhook>", "the webhook's id")
    .description("Delete a webhook endpoint with its delivery log.")
    .addHelpText("after", example("perennial webhooks delete whe_abc123"))
    .action(async (id: string) => {
      cli.show.one(await cli.project().webhooks.delete(id), [["deleted", id]]);
    });
};
