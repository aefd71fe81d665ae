import type { ModelStatus } from "../../contract/lifecycle.ts";
import type { Cli } from "../cli.ts";
import { withDaysLeft } from "../output/lifecycle-words.ts";
import type { Fact } from "../output/table.ts";
import { ago } from "../output/words.ts";
import { type AddCommand, example } from "./command.ts";

/** Nothing for a model whose end is not planned. */
const datesOf = (status: ModelStatus | undefined, now: number): Fact[] => {
  if (status === undefined || (status.state === "active" && status.shutdown_date === null)) return [];
  const { state, training_ends_at: training, shutdown_date: shutdown, successor, reason } = status;
  return [
    ["state", state],
    ...(training === null ? [] : [["training ends", withDaysLeft(training, now)] as const]),
    ...(shutdown === null ? [] : [["shutdown", withDaysLeft(shutdown, now)] as const]),
    ...(successor === null ? [] : [["successor", successor] as const]),
    ...(reason === null ? [] : [["reason", reason] as const]),
  ];
};

async function get(cli: Cli, id: string): Promise<void> {
  const client = cli.project();
  const model = await client.models.get(id);
  if (cli.show.isJson()) return cli.show.json(model);
  const { models } = await client.lifecycle.status();
  cli.show.one(model, [
    ["model", model.id],
    ["owner", model.owned_by],
    ["created", ago(model.created, cli.now())],
    ...datesOf(
      models.find((one) => one.id === id),
      cli.now(),
    ),
  ]);
}

export const modelsGet: AddCommand = (parent, cli) => {
  parent
    .command("get")
    .argument("<model>", "the model's name")
    .description("Show a model, and when it ends.")
    .addHelpText("after", example("perennial models get smollm2-135m-instruct"))
    .action((id: string) => get(cli, id));
};
