import { take } from "../../client/pages.ts";
import type { FineTuningJob } from "../../contract/fine-tuning.ts";
import type { Column } from "../output/table.ts";
import { ago } from "../output/words.ts";
import { statusOf } from "../watch/status-of.ts";
import { type AddCommand, count, example } from "./command.ts";

const columns = (now: number): Column<FineTuningJob>[] => [
  { title: "JOB", of: ({ id }) => id },
  { title: "STATUS", of: statusOf },
  { title: "CREATED", of: ({ created_at }) => ago(created_at, now) },
  { title: "MODEL", of: ({ fine_tuned_model, model }) => fine_tuned_model ?? model, dropsBelow: true },
];

export const jobsList: AddCommand = (parent, cli) => {
  parent
    .command("list")
    .option("--limit <count>", "at most so many", count, 20)
    .description("List fine-tuning jobs, newest first.")
    .addHelpText("after", example("perennial jobs list --limit 5"))
    .action(async ({ limit }: { limit: number }) => {
      const jobs = await take(cli.project().jobs.list(), limit);
      cli.show.list(jobs, columns(cli.now()), "No jobs. Create one with `perennial jobs create`.");
    });
};
