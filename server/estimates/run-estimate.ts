import { join } from "node:path";
import { type TrainerAnswer, TrainerAnswer as TrainerAnswerSchema } from "../../contract/estimates.ts";
import type { TrainingSpec } from "../../contract/training.ts";
import { ChildFailure, readChildLines } from "../../training-data/child-lines.ts";
import { writeFileDurably } from "../platform/disk.ts";

type Needs = {
  readonly python: string;
  readonly trainerFolder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly timeoutMs?: number;
};

/** Reading, loading and timing are each bounded; this is for a machine that stands still. */
const TIMEOUT_MS = 10 * 60_000;
const MOST_OUTPUT_BYTES = 1024 * 1024;

/** Lets the trainer estimate one job in a folder of its own; it has ended when this has, also when `signal` ends it. */
export function createRunEstimate({ python, trainerFolder, env, timeoutMs = TIMEOUT_MS }: Needs) {
  return async (folder: string, spec: TrainingSpec, signal: AbortSignal): Promise<TrainerAnswer> => {
    writeFileDurably(join(folder, "spec.json"), JSON.stringify(spec));
    const command = {
      program: python,
      args: ["-m", "trainer.estimate", folder],
      cwd: trainerFolder,
      env: { ...env, PYTHONPATH: trainerFolder, HF_HUB_OFFLINE: "1" },
    };
    const answers: TrainerAnswer[] = [];
    const onLine = (line: string) => answers.push(TrainerAnswerSchema.parse(JSON.parse(line)));
    await readChildLines(command, { timeoutMs, mostBytes: MOST_OUTPUT_BYTES, signal }, onLine);
    const [answer, ...more] = answers;
    if (!answer || more.length > 0) throw new ChildFailure("output", `it printed ${answers.length} answers`);
    return answer;
  };
}
export type RunEstimate = ReturnType<typeof createRunEstimate>;
