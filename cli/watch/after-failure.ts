import type { FineTuningJob } from "../../contract/fine-tuning.ts";

/** Where to look next after a job has failed: in the file that it could not use, else in its events. */
export function afterFailure({ id, error, training_file, validation_file }: FineTuningJob): string {
  const file = { training_file, validation_file }[error?.param ?? ""];
  return file
    ? `\`perennial files check ${file}\` shows all that is wrong with it.`
    : `\`perennial jobs events ${id}\` tells more.`;
}
