import type { JobError } from "../../contract/fine-tuning.ts";
import type { FileCheck } from "../files/check-training-file.ts";
import { fileError } from "../fine-tuning/file-verdict.ts";
import { message } from "../fine-tuning/job.ts";
import type { JobRow, JobStore } from "../fine-tuning/job-store.ts";
import type { Clock } from "../platform/clock.ts";
import type { JobFolders } from "../training/job-folder.ts";

type Needs = {
  store: JobStore;
  folders: JobFolders;
  now: Clock;
  checkFile: (path: string, signal: AbortSignal) => Promise<FileCheck>;
};

type Found = { error: JobError; check: FileCheck };

const dataIsGone: JobError = {
  code: "server_error",
  message:
    "The job failed due to an internal error: its copy of the training data is gone. Create the job anew.",
  param: null,
};

/** Reads the job's files and moves it on to `queued`, or to `failed` with every problem in its events. */
export function createValidateJob({ store, folders, now, checkFile }: Needs) {
  async function findError(job: JobRow, signal: AbortSignal): Promise<Found | null> {
    const training = await checkFile(folders.trainingFileOf(job.id), signal);
    const error = fileError("training_file", training);
    if (error) return { error, check: training };
    if (!job.validation_file) return null;
    const validation = await checkFile(folders.validationFileOf(job.id), signal);
    const second = fileError("validation_file", validation);
    return second ? { error: second, check: validation } : null;
  }

  /** Without its own copies of the files, a job cannot go on, however often it is tried. */
  async function findErrorIfThere(job: JobRow, signal: AbortSignal): Promise<Found | null> {
    try {
      return await findError(job, signal);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
      return { error: dataIsGone, check: { examples: 0, problems: [], problemCount: 0 } };
    }
  }

  return async (job: JobRow, signal: AbortSignal): Promise<void> => {
    const found = await findErrorIfThere(job, signal);
    if (!found) {
      await store.moveJob(
        job.id,
        "queued",
        {},
        [message("Files validated, moving job to queued state")],
        now(),
      );
      return;
    }
    const { error, check } = found;
    const events = [
      message(error.message, "error", { problems: check.problems, problem_count: check.problemCount }),
    ];
    await store.moveJob(
      job.id,
      "failed",
      { error: JSON.stringify(error), finished_at: now() },
      events,
      now(),
    );
  };
}
