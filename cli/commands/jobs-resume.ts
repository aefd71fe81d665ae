import { type AddCommand, example } from "./command.ts";
import { jobFacts } from "./jobs-get.ts";

export const jobsResume: AddCommand = (parent, cli) => {
  parent
    .command("resume")
    .argument("<job>", "the job's id")
    .description("Resume a paused job: it goes on where it was paused, once a place is free.")
    .addHelpText("after", example("perennial jobs resume ftjob-abc123"))
    .action(async (id: string) => {
      const job = await cli.project().jobs.resume(id);
      cli.show.one(job, jobFacts(job, cli.now()));
      cli.show.remark(`\nWatch it with \`perennial jobs watch ${id}\`.`);
    });
};
