import { take } from "../../client/pages.ts";
import type { LifecycleNotice } from "../../contract/notices.ts";
import type { Cli } from "../cli.ts";
import { CliError } from "../cli-error.ts";
import type { Column, Fact } from "../output/table.ts";
import { ago, printable } from "../output/words.ts";
import { type AddCommand, count, example } from "./command.ts";
import { chooseProject } from "./project-choice.ts";

type Options = { project?: string; all?: true; limit: number };

const columns = (now: number): Column<LifecycleNotice>[] => [
  { title: "NOTICE", of: ({ id }) => id },
  { title: "TOLD", of: ({ created_at }) => ago(created_at, now) },
  { title: "KIND", of: ({ kind }) => kind },
  { title: "DATE", of: ({ date }) => date },
  { title: "WHAT", of: ({ title }) => title, shrinks: true },
];

const mailFact = ({ address, status, attempts, error }: LifecycleNotice["deliveries"][number]): Fact => {
  const tries = attempts === 1 ? "1 attempt" : `${attempts} attempts`;
  return ["mail", `${address}: ${status}, ${tries}${error === null ? "" : `: ${error}`}`];
};

function showOne(cli: Cli, notice: LifecycleNotice): void {
  if (!cli.show.isJson()) cli.show.text(`${printable(notice.text)}\n`);
  const facts: Fact[] = [["told", ago(notice.created_at, cli.now())], ...notice.deliveries.map(mailFact)];
  cli.show.one(notice, facts);
}

/** Its id as it is: who runs the server may ask for those of other organizations. */
async function projectOf(client: ReturnType<Cli["admin"]>, asked: string | undefined) {
  if (asked === undefined || asked.startsWith("proj_")) return asked;
  return chooseProject(await client.projects.list(), asked).id;
}

async function list(cli: Cli, { project, all, limit }: Options): Promise<void> {
  const client = project !== undefined || all ? cli.admin() : cli.project();
  const notices = await take(client.notices.list(await projectOf(client, project)), limit);
  cli.show.list(
    notices,
    columns(cli.now()),
    "No notices. `perennial lifecycle status` says which dates are ahead.",
  );
}

export const lifecycleNotices: AddCommand = (parent, cli) => {
  parent
    .command("notices")
    .argument("[notice]", "one notice, with all that it says")
    .option("--project <id or name>", "another project's (needs the admin key)")
    .option("--all", "everybody's that the admin key may see")
    .option("--limit <count>", "at most so many", count, 20)
    .description("List what the project was told of dates that hit it, newest first.")
    .addHelpText("after", example("perennial lifecycle notices", "perennial lifecycle notices ntc_abc123"))
    .action(async (id: string | undefined, options: Options) => {
      const { project, all } = options;
      if (project !== undefined && all) throw new CliError("Give --project or --all, not both.");
      if (id === undefined) return list(cli, options);
      showOne(cli, await (project || all ? cli.admin() : cli.project()).notices.get(id));
    });
};
