import { ago } from "../output/words.ts";
import { type AddCommand, example } from "./command.ts";

export const modelsGet: AddCommand = (parent, cli) => {
  parent
    .command("get")
    .argument("<model>", "the model's name")
    .description("Show a model.")
    .addHelpText("after", example("perennial models get smollm2-135m-instruct"))
    .action(async (id: string) => {
      const model = await cli.project().models.get(id);
      cli.show.one(model, [
        ["model", model.id],
        ["owner", model.owned_by],
        ["created", ago(model.created, cli.now())],
      ]);
    });
};
