import { createWriteStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { EVENTS, METRICS, PROBE, TRAINING_DATA, VALIDATION_DATA } from "../../bundle/names.ts";
import { measureFile } from "../../bundle/sums.ts";
import type { BundleFacts } from "../../contract/bundles.ts";
import { Metadata } from "../../contract/common.ts";
import { ResolvedHyperparameters, StepMetrics } from "../../contract/training.ts";
import { hyperparametersOf, presentEvent } from "../fine-tuning/job.ts";
import type { EventRow, JobRow } from "../fine-tuning/job-store.ts";
import { metricsCsv } from "../fine-tuning/result-file.ts";
import { isMissing } from "../platform/disk.ts";
import type { JobFolders } from "../training/job-folder.ts";
import { findLastStarted } from "../training/journal.ts";
import { type BaseRecords, presentBase } from "./base-records.ts";
import type { TunedModel } from "./bundle-store.ts";
import { type LineageNeeds, parentsOf } from "./lineage.ts";
import type { Source } from "./source.ts";

export type JobSourceNeeds = LineageNeeds & {
  folders: JobFolders;
  baseRecord: BaseRecords;
  adapterFolder: (adapter: string) => string;
};

const PeftVersion = z.object({ peft_version: z.string() });

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function versionsOf(journal: string, adapterFolder: string): Promise<Record<string, string>> {
  const told = (await findLastStarted(journal))?.versions;
  const config = await readFile(join(adapterFolder, "adapter_config.json"), "utf8").catch(() => "");
  const { data } = PeftVersion.safeParse(parsed(config));
  return { ...(data ? { peft: data.peft_version } : {}), ...told };
}

/** null: it is not in the job's folder any more. */
async function dataFile(path: string, fileId: string | null, signal: AbortSignal) {
  if (fileId === null) return null;
  try {
    return { file_id: fileId, ...(await measureFile(path, signal)) };
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

const jsonOf = <Schema extends z.ZodType>(text: string | null, schema: Schema): z.output<Schema> | null =>
  text === null ? null : schema.parse(JSON.parse(text));

/** Of a model: the checkpoint that its weights are, null where they are those that the job ended with. */
type Part = { readonly step: number } | null;

/** A checkpoint's story ends where it was made, also while its job goes on. */
async function* storyOf(part: Part, events: AsyncIterable<EventRow>): AsyncGenerator<EventRow> {
  for await (const event of events) {
    yield event;
    if (part && event.message.startsWith(`Checkpoint created at step ${part.step} `)) return;
  }
}

/** Writes the events' lines, and returns the metrics that were among them. */
async function writeEvents(events: AsyncIterable<EventRow>, path: string, signal: AbortSignal) {
  const metrics: string[] = [];
  async function* lines() {
    for await (const event of events) {
      if (event.type === "metrics" && event.data !== null) metrics.push(event.data);
      yield `${JSON.stringify(presentEvent(event))}\n`;
    }
  }
  await pipeline(Readable.from(lines()), createWriteStream(path), { signal });
  return metrics;
}

/** `folder`: for what has to be written first. */
type Work = { readonly folder: string; readonly signal: AbortSignal };

/** What a model's own job knows: where it is stored, and what it tells. */
export function createJobSource(needs: JobSourceNeeds) {
  const { folders, store } = needs;

  async function recipeOf(
    model: TunedModel,
    job: JobRow,
    signal: AbortSignal,
  ): Promise<BundleFacts["recipe"]> {
    return {
      method: job.method,
      seed: job.seed,
      hyperparameters: hyperparametersOf(job),
      resolved_hyperparameters: jsonOf(job.resolved_hyperparameters, ResolvedHyperparameters),
      training_data: await dataFile(folders.trainingFileOf(job.id), job.training_file, signal),
      validation_data: await dataFile(folders.validationFileOf(job.id), job.validation_file, signal),
      parents: await parentsOf(job, needs),
      versions: await versionsOf(folders.journalOf(job.id), needs.adapterFolder(model.adapter)),
    };
  }

  async function partOf(model: TunedModel, job: JobRow): Promise<Part> {
    const step = await store.findStep(model);
    return step === undefined || (job.status === "succeeded" && step === job.last_step) ? null : { step };
  }

  const jobFacts = (job: JobRow, isWhole: boolean): BundleFacts["job"] => ({
    id: job.id,
    created_at: job.created_at,
    finished_at: isWhole ? job.finished_at : null,
    suffix: job.suffix,
    metadata: jsonOf(job.metadata, Metadata),
    trained_tokens: isWhole ? job.trained_tokens : null,
  });

  return async (model: TunedModel, job: JobRow, { folder, signal }: Work): Promise<Source> => {
    const part = await partOf(model, job);
    const isWhole = part === null;
    const base = await needs.baseRecord(model.base_model, signal);
    const events = join(folder, "events.jsonl");
    const metrics = await writeEvents(storyOf(part, store.listEvents(job.id)), events, signal);
    const facts = {
      model: model.id,
      created_at: model.created_at,
      base: presentBase(base),
      recipe: await recipeOf(model, job, signal),
      job: jobFacts(job, isWhole),
      metrics: jsonOf(metrics.at(-1) ?? null, StepMetrics),
    };
    const files = {
      [EVENTS]: { path: events },
      [METRICS]: { text: metricsCsv(metrics) },
      [TRAINING_DATA]: { path: folders.trainingFileOf(job.id) },
      [VALIDATION_DATA]: { path: folders.validationFileOf(job.id) },
      // It is the final model's answers that were noted.
      ...(isWhole ? { [PROBE]: { path: folders.pathIn(job.id, "fidelity.json") } } : {}),
    };
    return { facts, files, chatTemplate: base.chat_template };
  };
}
export type JobSource = ReturnType<typeof createJobSource>;
