import { withoutVersion } from "../../client/transport.ts";
import type { Cli } from "../cli.ts";
import { baseUrlOf } from "../connection.ts";
import type { AddCommand } from "./command.ts";
import { example } from "./command.ts";

export const dashboardCommand: AddCommand = (parent, cli: Cli) => {
  parent
    .command("dashboard")
    .description(
      "Print a link that opens the dashboard as admin: once, within 30 minutes (needs the admin key).",
    )
    .addHelpText("after", example("perennial dashboard"))
    .action(async () => {
      const { token, expires_at } = await cli.admin().dashboard.newLink();
      const url = `${withoutVersion(baseUrlOf(cli.environment))}/#link=${token}`;
      if (cli.show.isJson()) return cli.show.json({ url, expires_at });
      cli.show.text(`${url}\n`);
    });
};
