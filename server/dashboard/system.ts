import { statfs } from "node:fs/promises";
import { availableParallelism } from "node:os";
import type { SystemObject } from "../../contract/system.ts";
import type { Caller } from "../platform/caller.ts";
import type { Clock } from "../platform/clock.ts";
import type { Memory } from "../platform/memory.ts";
import type { RunningRow, SystemStore } from "./system-store.ts";

type Engine = {
  readonly base: string;
  readonly pid: number;
  readonly adapters: number;
  readonly memoryBytes: number | null;
};
type Queue = { readonly base: string; readonly working: number; readonly waiting: number };

type Needs = {
  readonly store: SystemStore;
  readonly now: Clock;
  readonly version: string;
  readonly dataFolder: string;
  readonly trainingLimit: number;
  readonly readMemory: () => Memory;
  readonly describeEngines: () => Promise<readonly Engine[]>;
  readonly queues: () => readonly Queue[];
};

/** The operator's admin sees all; another organization's admin what is its own. */
const maySee = (caller: Caller) => (job: RunningRow) => {
  if (caller.kind === "project" && !caller.isAdmin) return job.project_id === caller.projectId;
  return caller.isOperator || job.organization_id === caller.organizationId;
};

async function diskOf(folder: string): Promise<SystemObject["disk"]> {
  const found = await statfs(folder).catch(() => null);
  return found && { total_bytes: found.blocks * found.bsize, free_bytes: found.bavail * found.bsize };
}

/** The machine and what it does, as far as the caller may know. */
export function createSystem({ store, now, version, dataFolder, ...needs }: Needs) {
  async function trainingsFor(caller: Caller): Promise<SystemObject["trainings"]> {
    const running = await store.listRunning();
    const jobs = running
      .filter(maySee(caller))
      .map(({ id, project_id, base_model }) => ({ id, project_id, model: base_model }));
    return {
      limit: needs.trainingLimit,
      running: running.length,
      waiting: await store.countWaiting(),
      jobs,
    };
  }

  function memory(): SystemObject["memory"] {
    const { totalBytes, availableBytes } = needs.readMemory();
    return {
      total_bytes: totalBytes,
      available_bytes: availableBytes,
      server_bytes: process.memoryUsage().rss,
    };
  }

  return async (caller: Caller): Promise<SystemObject> => {
    const engines = await needs.describeEngines();
    const uptime = Math.round(process.uptime());
    return {
      object: "system",
      version,
      started_at: now() - uptime,
      uptime_seconds: uptime,
      cores: availableParallelism(),
      memory: memory(),
      disk: await diskOf(dataFolder),
      trainings: await trainingsFor(caller),
      engines: engines.map(({ memoryBytes, ...engine }) => ({ ...engine, memory_bytes: memoryBytes })),
      requests: needs.queues().map(({ base, working, waiting }) => ({ base, working, waiting })),
    };
  };
}
export type DescribeSystem = ReturnType<typeof createSystem>;
