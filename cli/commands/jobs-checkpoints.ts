import { take } from "../../client/pages.ts";
import type { JobCheckpoint } from "../../contract/fine-tuning.ts";
import type { Column } from "../output/table.ts";
import { ago } from "../output/words.ts";
import { type AddCommand, count, example } from "./command.ts";

const decimals = (value: number | undefined) => (value === undefined ? "–" : value.toFixed(3));

const columns = (now: number): Column<JobCheckpoint>[] => [
  { title: "STEP", of: ({ step_number }) => String(step_number) },
  { title: "LOSS", of: ({ metrics }) => decimals(metrics.train_loss) },
  { title: "VALIDATION", of: ({ metrics }) => decimals(metrics.full_valid_loss ?? metrics.valid_loss) },
  { title: "CREATED", of: ({ created_at }) => ago(created_at, now) },
  { title: "ID", of: ({ id }) => id },
  { title: "", of: ({ is_model, is_deleted }) => (is_model ? "the model" : is_deleted ? "deleted" : "") },
  { title: "MODEL", of: ({ fine_tuned_model_checkpoint }) => fine_tuned_model_checkpoint, dropsBelow: true },
];

export const jobsCheckpoints: AddCommand = (parent, cli) => {
  parent
    .command("checkpoints")
    .argument("<job>", "the job's id")
    .option("--limit <count>", "at most so many", count, 20)
    .description("List a job's checkpoints, newest first. Each is a model that can be called.")
    .addHelpText("after", example("perennial jobs checkpoints ftjob-abc123"))
    .action(async (id: string, { limit }: { limit: number }) => {
      const checkpoints = await take(cli.project().jobs.checkpoints(id), limit);
      cli.show.list(checkpoints, columns(cli.now()), "No checkpoints yet: there is one an epoch.");
    });
};
