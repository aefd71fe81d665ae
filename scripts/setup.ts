import { baseIsCurrent, convertBase, downloadBase, wantedBase } from "./setup/base-model.ts";
import type { SetupContext } from "./setup/context.ts";
import { buildDashboard, dashboardIsCurrent, wantedDashboard } from "./setup/dashboard.ts";
import { assertRoom } from "./setup/disk.ts";
import {
  createEnvironment,
  environmentIsCurrent,
  installPackages,
  wantedEnvironment,
} from "./setup/environment.ts";
import { createProgress, type ProgressOutput } from "./setup/progress.ts";
import type { Stamp } from "./setup/stamp.ts";

export interface SetupNeeds {
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly out: ProgressOutput;
}

/** Brings the checkout to where all of it can run; does nothing where it can. */
export async function setUp({ out, ...needs }: SetupNeeds): Promise<void> {
  const context: SetupContext = { ...needs, progress: createProgress(out) };
  await setUpTrainer(context);
  const dashboard = wantedDashboard(context.root);
  if (dashboard === null || dashboardIsCurrent(context.root, dashboard)) return;
  await buildDashboard(context, dashboard, (line) => out.write(`${line}\n`));
}

/** The trainer and the embedded base. */
async function setUpTrainer(context: SetupContext): Promise<void> {
  const environment = wantedEnvironment(context);
  const base = wantedBase(context);
  const hasEnvironment = environmentIsCurrent(context.root, environment);
  const hasBase = baseIsCurrent(context, base);
  if (hasEnvironment && hasBase) return;

  assertRoom(context.root, hasEnvironment ? 1 : 4);
  if (!hasEnvironment) await makeEnvironment(context, environment, hasBase);
  else await download(context);
  if (!hasBase) await convert(context, base);
}

async function makeEnvironment(context: SetupContext, wanted: Stamp, hasBase: boolean): Promise<void> {
  const { stage } = context.progress;
  await stage("Python environment", "making .venv", () => createEnvironment(context, wanted));
  await together(context, [
    (half) =>
      stage("Python packages", "installing trainer/requirements.txt and PyTorch", () =>
        installPackages(half, wanted),
      ),
    ...(hasBase ? [] : [download]),
  ]);
}

/** When one fails the others are stopped: nothing may go on downloading after set-up has given up. */
async function together(
  context: SetupContext,
  stages: readonly ((context: SetupContext) => Promise<void>)[],
): Promise<void> {
  const failed = new AbortController();
  const signal = AbortSignal.any([context.signal, failed.signal]);
  const running = stages.map((run) => run({ ...context, signal }));
  await Promise.all(running).catch(async (error: unknown) => {
    failed.abort();
    await Promise.allSettled(running);
    throw error;
  });
}

const download = (context: SetupContext): Promise<void> =>
  context.progress.stage("Base model", "downloading 93 MB", () => downloadBase(context));

const convert = (context: SetupContext, wanted: string): Promise<void> =>
  context.progress.stage("Base model", "converting", () => convertBase(context, wanted));
