import { type AddCommand, example } from "./command.ts";
import { changeFacts } from "./lifecycle-history.ts";

export const lifecycleUndo: AddCommand = (parent, cli) => {
  parent
    .command("undo")
    .argument("<change>", "the change's id")
    .description("Take a change back, until its first date (needs the admin key).")
    .addHelpText("after", example("perennial lifecycle undo lcc_abc123"))
    .action(async (id: string) => {
      const change = await cli.admin().lifecycle.undo(id);
      cli.show.one(change, changeFacts(change));
      cli.show.remark("\nWhat was in force before is so again: `perennial lifecycle show`.");
    });
};
