import { statusPage } from "../output/status-page.ts";
import { type AddCommand, example } from "./command.ts";

export const lifecycleStatus: AddCommand = (parent, cli) => {
  parent
    .command("status")
    .description("Show where your project stands: what it may do, what it loses when, and what keeps it.")
    .addHelpText("after", example("perennial lifecycle status"))
    .action(async () => {
      const status = await cli.project().lifecycle.status();
      if (cli.show.isJson()) return cli.show.json(status);
      cli.show.text(statusPage(status, cli.show.width()));
    });
};
