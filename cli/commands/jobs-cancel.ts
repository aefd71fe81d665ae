import { type AddCommand, example } from "./command.ts";

export const jobsCancel: AddCommand = (parent, cli) => {
  parent
    .command("cancel")
    .argument("<job>", "the job's id")
    .description("Cancel a job that has not ended.")
    .addHelpText("after", example("perennial jobs cancel ftjob-abc123"))
    .action(async (id: string) => {
      cli.show.one(await cli.project().jobs.cancel(id), [["cancelled", id]]);
    });
};
