import { take } from "../../client/pages.ts";
import type { Cli } from "../cli.ts";
import { CliError } from "../cli-error.ts";
import { type AddCommand, example } from "./command.ts";

const NOTE = `
The model keeps its name and answers from another checkpoint of its job; choose again to take it back.
`;

/** An id, or the step that a person reads in the list. */
async function idOf(cli: Cli, job: string, wanted: string): Promise<string> {
  if (!/^\d+$/.test(wanted)) return wanted;
  const all = await take(cli.project().jobs.checkpoints(job), 1000);
  const found = all.find(({ step_number }) => step_number === Number(wanted));
  if (found) return found.id;
  const steps = all.map(({ step_number }) => step_number).join(", ");
  throw new CliError(`Job ${job} has no checkpoint of step ${wanted}. It has: ${steps || "none"}.`);
}

export const jobsModel: AddCommand = (parent, cli) => {
  parent
    .command("model")
    .argument("<job>", "the job's id")
    .argument("<checkpoint>", "the checkpoint's id or step")
    .description("Make a checkpoint the job's model: whoever calls the model is answered by it from now on.")
    .addHelpText("after", NOTE + example("perennial jobs model ftjob-abc123 90"))
    .action(async (job: string, wanted: string) => {
      const { jobs } = cli.project();
      const chosen = await jobs.chooseCheckpoint(job, await idOf(cli, job, wanted));
      const { fine_tuned_model: model } = await jobs.get(job);
      cli.show.one(chosen, [
        ["model", model ?? "–"],
        ["answers from step", String(chosen.step_number)],
        ["checkpoint", chosen.id],
      ]);
    });
};
