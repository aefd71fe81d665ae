import { watchJob } from "../watch/watch-job.ts";
import { type AddCommand, example } from "./command.ts";

export const jobsWatch: AddCommand = (parent, cli) => {
  parent
    .command("watch")
    .argument("<job>", "the job's id")
    .description(
      "Follow a job until it has ended; fails if the job does. Ctrl-C leaves the job running. With --json: its events, then the job, one a line.",
    )
    .addHelpText("after", example("perennial jobs watch ftjob-abc123"))
    .action((id: string) => watchJob(cli, cli.project(), id));
};
