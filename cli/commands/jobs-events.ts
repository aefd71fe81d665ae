import { take } from "../../client/pages.ts";
import type { JobEvent } from "../../contract/fine-tuning.ts";
import type { Column } from "../output/table.ts";
import { ago } from "../output/words.ts";
import { type AddCommand, count, example } from "./command.ts";

const columns = (now: number): Column<JobEvent>[] => [
  { title: "TIME", of: ({ created_at }) => ago(created_at, now) },
  { title: "LEVEL", of: ({ level }) => level },
  { title: "MESSAGE", of: ({ message }) => message, wraps: true },
];

export const jobsEvents: AddCommand = (parent, cli) => {
  parent
    .command("events")
    .argument("<job>", "the job's id")
    .option("--limit <count>", "at most so many", count, 50)
    .description("List what happened to a job, the newest last; with --json one event a line.")
    .addHelpText("after", example("perennial jobs events ftjob-abc123 --limit 10"))
    .action(async (id: string, { limit }: { limit: number }) => {
      const events = (await take(cli.project().jobs.events(id), limit)).reverse();
      if (cli.show.isJson()) events.forEach(cli.show.jsonLine);
      else cli.show.list(events, columns(cli.now()), "No events.");
    });
};
