import { type AddCommand, example } from "./command.ts";
import { jobFacts } from "./jobs-get.ts";

export const jobsPause: AddCommand = (parent, cli) => {
  parent
    .command("pause")
    .argument("<job>", "the job's id")
    .description("Pause a job: it finishes its step, saves it, and gives its place to the next.")
    .addHelpText("after", example("perennial jobs pause ftjob-abc123"))
    .action(async (id: string) => {
      const job = await cli.project().jobs.pause(id);
      cli.show.one(job, jobFacts(job, cli.now()));
      cli.show.remark(`\nGo on with \`perennial jobs resume ${id}\`.`);
    });
};
