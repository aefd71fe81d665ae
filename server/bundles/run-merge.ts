import { resolve } from "node:path";
import {
  type MergeAnswer,
  MergeAnswer as MergeAnswerSchema,
  type MergedForm,
} from "../../contract/bundles.ts";
import { Refusal } from "../../contract/errors.ts";
import { ChildFailure, readChildLines } from "../../training-data/child-lines.ts";
import type { Base } from "../models/bases.ts";

type Needs = {
  readonly python: string;
  readonly trainerFolder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly timeoutMs?: number;
};

/** Large models take minutes to read and write; this is for a machine that stands still. */
const TIMEOUT_MS = 60 * 60_000;
const MOST_OUTPUT_BYTES = 64 * 1024;

export type Merge = {
  readonly form: MergedForm;
  readonly base: Base;
  readonly adapterFolder: string;
  /** A file for GGUF, a folder for safetensors. */
  readonly out: string;
};

/** Lets the trainer write the merged model; it has ended when this has, also when `signal` ends it. */
export function createRunMerge({ python, trainerFolder, env, timeoutMs = TIMEOUT_MS }: Needs) {
  return async ({ form, base, adapterFolder, out }: Merge, signal: AbortSignal): Promise<void> => {
    const from = form === "gguf" ? base.gguf : base.hf;
    const paths = { "--base": from, "--adapter": adapterFolder, "--out": out };
    const command = {
      program: python,
      args: [
        "-m",
        "trainer.merge",
        form,
        ...Object.entries(paths).flatMap(([name, path]) => [name, resolve(path)]),
      ],
      cwd: trainerFolder,
      env: { ...env, PYTHONPATH: trainerFolder, HF_HUB_OFFLINE: "1" },
    };
    const answers: MergeAnswer[] = [];
    const onLine = (line: string) => answers.push(MergeAnswerSchema.parse(JSON.parse(line)));
    await readChildLines(command, { timeoutMs, mostBytes: MOST_OUTPUT_BYTES, signal }, onLine);
    const [answer] = answers;
    if (!answer) throw new ChildFailure("output", "it printed no answer");
    if ("error" in answer) throw new Refusal("disk_full", answer.error.message);
  };
}
export type RunMerge = ReturnType<typeof createRunMerge>;
