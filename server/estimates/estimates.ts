import { join, resolve } from "node:path";
import { Refusal } from "../../contract/errors.ts";
import type { EstimateJob, JobEstimate, TrainerEstimate } from "../../contract/estimates.ts";
import type { DataCheck } from "../../contract/training-data.ts";
import type { checkData } from "../../training-data/check-data.ts";
import { ChildFailure } from "../../training-data/child-lines.ts";
import type { Files } from "../files/files.ts";
import type { Owner } from "../fine-tuning/job-request.ts";
import type { NewJob } from "../fine-tuning/job-store.ts";
import type { Base } from "../models/bases.ts";
import type { Gate } from "../platform/gate.ts";
import type { Log } from "../platform/log.ts";
import type { Memory } from "../platform/memory.ts";
import type { CreateScratch } from "../platform/scratch.ts";
import type { Device } from "../training/job-memory.ts";
import { type SpecPaths, specOf } from "../training/training-spec.ts";
import { gigabytes, presentEstimate, refusalOf } from "./estimate.ts";
import type { RunEstimate } from "./run-estimate.ts";

type Needs = {
  /** What creating the job would make, or its refusal. */
  planJob: (owner: Owner, request: EstimateJob) => Promise<NewJob>;
  files: Pick<Files, "share">;
  bases: ReadonlyMap<string, Base>;
  adapterFolder: (id: string) => string;
  checkData: typeof checkData;
  createScratch: CreateScratch;
  runEstimate: RunEstimate;
  readMemory: () => Memory;
  /** What trainings compute on. */
  device: () => Promise<Device>;
  /** Bytes without which not even one row of the base can be timed; null: unknown. */
  leastMemory: (base: Base, device: Device) => number | null;
  countTrainings: () => number;
  /** One at a time: two would each measure the other. */
  gate: Gate;
  /** Aborts when the server stops. */
  stopping: AbortSignal;
  log: Log;
};

const RETRY_SECONDS = 30;

const tooMany = () =>
  new Refusal(
    "estimate_unavailable",
    "Too many estimates are waiting; they are made one at a time. Try again in a moment.",
    null,
    RETRY_SECONDS,
  );

const unmade = (why: ChildFailure["kind"]) =>
  new Refusal(
    "estimate_unavailable",
    why === "timeout"
      ? "The estimate took too long, since the machine is busy with other work. Try again later."
      : "The trainer could not make the estimate; the server's log says why.",
    null,
    why === "timeout" ? RETRY_SECONDS : null,
  );

export function createEstimates(needs: Needs) {
  const { files, log, gate } = needs;

  /** Names of its own for the files: they may be deleted meanwhile. */
  async function shareFiles(job: NewJob, folder: string): Promise<SpecPaths> {
    const training = join(folder, "training.jsonl");
    const validation = job.validation_file ? join(folder, "validation.jsonl") : null;
    await files.share(job.training_file, training, "training_file");
    if (job.validation_file && validation)
      await files.share(job.validation_file, validation, "validation_file");
    const adapter = job.parent_adapter ? resolve(needs.adapterFolder(job.parent_adapter)) : null;
    return { training, validation, adapter };
  }

  async function checkFiles(job: NewJob, paths: SpecPaths, signal: AbortSignal): Promise<DataCheck> {
    const checked = await needs.checkData({
      training: { path: paths.training, name: job.training_file },
      validation: paths.validation ? { path: paths.validation, name: job.validation_file ?? "" } : null,
      method: job.method,
      signal,
    });
    if (checked.error) throw refusalOf(checked.error);
    return checked;
  }

  function baseOf(job: NewJob): Base {
    const base = needs.bases.get(job.base_model);
    if (base) return base;
    const text = `The base model ${job.base_model} is not on this server any more. Add it again.`;
    throw new Refusal("model_not_available", text, "model");
  }

  /** Steps are timed by taking them, which needs most of what a training does. */
  async function assertMemory(base: Base): Promise<void> {
    const need = needs.leastMemory(base, await needs.device());
    const { totalBytes, availableBytes } = needs.readMemory();
    if (need === null || need <= (availableBytes ?? totalBytes)) return;
    const has = `and ${gigabytes(availableBytes ?? totalBytes)} of this machine's ${gigabytes(totalBytes)} can be had now`;
    const text = `A training on ${base.id} needs at least ${gigabytes(need)} of memory ${has}, so nothing can be timed.`;
    if (need > totalBytes)
      throw new Refusal("job_would_fail", `${text} Use a smaller base or another machine.`, "model");
    throw new Refusal("estimate_unavailable", `${text} Try again later.`, null, RETRY_SECONDS);
  }

  async function measure(
    { job, base, paths }: { job: NewJob; base: Base; paths: SpecPaths },
    folder: string,
    signal: AbortSignal,
  ): Promise<TrainerEstimate> {
    try {
      const answer = await needs.runEstimate(
        folder,
        specOf(job, { ...base, hf: resolve(base.hf) }, paths),
        signal,
      );
      if ("error" in answer) throw refusalOf(answer.error);
      return answer.estimate;
    } catch (error) {
      if (!(error instanceof ChildFailure)) throw error;
      log.error({ err: error }, "a job could not be estimated");
      throw unmade(error.kind);
    }
  }

  async function makeEstimate(job: NewJob, folder: string, signal: AbortSignal): Promise<JobEstimate> {
    const base = baseOf(job);
    const paths = await shareFiles(job, folder);
    const check = await checkFiles(job, paths, signal);
    if (gate.isFull()) throw tooMany();
    return gate.run(async () => {
      await assertMemory(base);
      const before = needs.countTrainings();
      const memory = needs.readMemory();
      const estimate = await measure({ job, base, paths }, folder, signal);
      const trainings = Math.max(before, needs.countTrainings());
      return presentEstimate({ model: job.model, method: job.method, check, estimate, memory, trainings });
    }, signal);
  }

  /** What the job would take, before anything is trained or kept. `left`: aborts when the caller has gone. */
  return async (owner: Owner, request: EstimateJob, left: AbortSignal): Promise<JobEstimate> => {
    const job = await needs.planJob(owner, request);
    // Before the files are read for nothing; others may still come in between.
    if (gate.isFull()) throw tooMany();
    await using scratch = await needs.createScratch();
    const signal = AbortSignal.any([left, needs.stopping]);
    try {
      return await makeEstimate(job, scratch.folder, signal);
    } catch (error) {
      if (needs.stopping.aborted)
        throw new Refusal("server_stopping", "The server is stopping.", null, RETRY_SECONDS);
      throw error;
    }
  };
}
export type Estimate = ReturnType<typeof createEstimates>;
