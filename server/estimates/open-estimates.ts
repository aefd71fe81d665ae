import { join, resolve } from "node:path";
import { childEnvironment } from "../platform/child-environment.ts";
import { createGate } from "../platform/gate.ts";
import { createScratchFolders } from "../platform/scratch.ts";
import { leastMemory } from "../training/job-memory.ts";
import { createEstimates, type Estimate } from "./estimates.ts";
import { createRunEstimate } from "./run-estimate.ts";

type Given = "createScratch" | "runEstimate" | "leastMemory" | "gate" | "stopping";
type Needs = Omit<Parameters<typeof createEstimates>[0], Given> & {
  readonly dataFolder: string;
  readonly python: string;
  readonly trainerFolder: string;
};

const MOST_WAITING = 4;

/** The estimates of one server; disposing of it ends the one that is being made. */
export async function openEstimates({ dataFolder, python, trainerFolder, ...needs }: Needs) {
  const stopping = new AbortController();
  const estimate: Estimate = createEstimates({
    ...needs,
    createScratch: await createScratchFolders(join(resolve(dataFolder), "estimates")),
    runEstimate: createRunEstimate({ python, trainerFolder, env: childEnvironment(process.env) }),
    leastMemory,
    gate: createGate(1, MOST_WAITING),
    stopping: stopping.signal,
  });
  return { estimate, [Symbol.dispose]: () => stopping.abort() };
}
