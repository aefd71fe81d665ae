import type { JobError } from "../../contract/fine-tuning.ts";
import type { DataCheck, FileReport } from "../../contract/training-data.ts";
import type { checkData } from "../../training-data/check-data.ts";
import { message, type NewEvent } from "../fine-tuning/job.ts";
import type { JobRow, JobStore } from "../fine-tuning/job-store.ts";
import type { Clock } from "../platform/clock.ts";
import { isMissing } from "../platform/disk.ts";
import type { JobFolders } from "../training/job-folder.ts";

type Needs = {
  store: JobStore;
  folders: JobFolders;
  now: Clock;
  checkData: typeof checkData;
};

/** In one event; the groups name the lines of all. */
const MOST_PROBLEMS = 200;

const dataIsGone: JobError = {
  code: "server_error",
  message:
    "The job failed due to an internal error: its copy of the training data is gone. Create the job anew.",
  param: null,
};

const warningsOf = (report: FileReport | null, file: "training_file" | "validation_file"): NewEvent[] =>
  (report?.warnings ?? []).map(({ code, message: text, count, lines }) => {
    const where = lines === "" ? "" : ` (${count} of ${report?.rows} rows)`;
    const name = file === "training_file" ? "Training" : "Validation";
    return message(`${name} file: ${text}${where}`, "warn", { code, file, count, lines });
  });

const allWarnings = ({ training, validation }: DataCheck): NewEvent[] => [
  ...warningsOf(training, "training_file"),
  ...warningsOf(validation, "validation_file"),
];

function failureOf(error: JobError, check: DataCheck): NewEvent {
  const report = error.param === "validation_file" ? check.validation : check.training;
  return message(error.message, "error", {
    problems: report?.problems.slice(0, MOST_PROBLEMS) ?? [],
    problem_groups: report?.problem_groups ?? [],
    problem_count: report?.problem_count ?? 0,
  });
}

/** Reads the job's files and moves it on to `queued`, or to `failed` with every problem in its events. */
export function createValidateJob({ store, folders, now, checkData: check }: Needs) {
  const checkJob = (job: JobRow, signal: AbortSignal) =>
    check({
      training: { path: folders.trainingFileOf(job.id), name: job.training_file },
      validation: job.validation_file
        ? { path: folders.validationFileOf(job.id), name: job.validation_file }
        : null,
      method: job.method,
      signal,
    });

  const fail = (job: JobRow, error: JobError, events: readonly NewEvent[]) =>
    store.moveJob(job.id, "failed", { error: JSON.stringify(error), finished_at: now() }, events, now());

  return async (job: JobRow, signal: AbortSignal): Promise<void> => {
    let checked: DataCheck;
    try {
      checked = await checkJob(job, signal);
    } catch (error) {
      if (!isMissing(error)) throw error;
      // Without its own copies of the files, a job cannot go on, however often it is tried.
      await fail(job, dataIsGone, [message(dataIsGone.message, "error")]);
      return;
    }
    const { error } = checked;
    if (error) {
      await fail(job, error, [...allWarnings(checked), failureOf(error, checked)]);
      return;
    }
    const events = [...allWarnings(checked), message("Files validated, moving job to queued state")];
    await store.moveJob(job.id, "queued", {}, events, now());
  };
}
