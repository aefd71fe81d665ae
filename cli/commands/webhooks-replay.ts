import type { Cli } from "../cli.ts";
import { CliError } from "../cli-error.ts";
import { type AddCommand, example } from "./command.ts";
import { since } from "./webhook-options.ts";

type Options = { since?: number; includeDelivered?: true };

async function replayOne(cli: Cli, id: string, deliveryId: string): Promise<void> {
  const delivery = await cli.project().webhooks.replay(id, deliveryId);
  cli.show.one(delivery, [["replayed", delivery.id]]);
  cli.show.remark(`\`perennial webhooks deliveries ${id} ${delivery.id}\` shows what comes of it.`);
}

async function replaySince(cli: Cli, id: string, from: number, all: boolean): Promise<void> {
  const replay = await cli.project().webhooks.replaySince(id, { since: from, include_delivered: all });
  cli.show.one(replay, [["replayed", String(replay.count)]]);
  if (replay.count > 0) cli.show.remark(`\`perennial webhooks deliveries ${id}\` shows what comes of them.`);
}

export const webhooksReplay: AddCommand = (parent, cli) => {
  parent
    .command("replay")
    .argument("<webhook>", "the webhook's id")
    .argument("[delivery]", "the delivery to send again")
    .option(
      "--since <time>",
      "all events since then that were not taken: 30m, 6h, 2d ago, or a date",
      (text) => since(text, cli.now()),
    )
    .option("--include-delivered", "with --since, also those that were taken")
    .description("Send a delivery again, or all events since a time.")
    .addHelpText(
      "after",
      example(
        "perennial webhooks replay whe_abc123 whd_def456",
        "perennial webhooks replay whe_abc123 --since 6h",
      ),
    )
    .action(async (id: string, deliveryId: string | undefined, options: Options) => {
      if ((deliveryId === undefined) === (options.since === undefined))
        throw new CliError("Give a delivery (`perennial webhooks deliveries` lists them) or --since.");
      if (deliveryId !== undefined) return replayOne(cli, id, deliveryId);
      await replaySince(cli, id, options.since ?? 0, options.includeDelivered === true);
    });
};
