import { type AddCommand, example } from "./command.ts";

export const webhooksRotate: AddCommand = (parent, cli) => {
  parent
    .command("rotate")
    .argument("<webhook>", "the webhook's id")
    .option("--keep-old", "let the old secret sign too for 24 hours, so that receivers can change over")
    .description("Give a webhook endpoint a new signing secret, printed once.")
    .addHelpText("after", example("perennial webhooks rotate whe_abc123 --keep-old"))
    .action(async (id: string, { keepOld }: { keepOld?: true }) => {
      const hook = await cli.project().webhooks.rotate(id, keepOld === true);
      if (cli.show.isJson()) return cli.show.json(hook);
      const old = keepOld ? "The old secret is valid for 24 hours more." : "The old secret is valid no more.";
      cli.show.remark(`${old} The new one is not shown again:`);
      cli.show.text(`${hook.signing_secret ?? ""}\n`);
    });
};
