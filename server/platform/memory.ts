import { readFileSync } from "node:fs";
import { totalmem } from "node:os";

/** What this process may use of the machine's memory, in bytes. */
export type Memory = {
  readonly totalBytes: number;
  /** null: this system does not say what could be freed. */
  readonly availableBytes: number | null;
};

const KIB = 1024;

type ReadText = (path: string) => string | null;

function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

function field(text: string | null, name: string): number | null {
  const found = new RegExp(`^${name}:?\\s+(\\d+)`, "m").exec(text ?? "")?.[1];
  return found === undefined ? null : Number(found);
}

const GROUP = "/sys/fs/cgroup";

/** A container's limit (cgroup v2). Its page cache counts as used there, but can be had back at once. */
function groupMemory(read: ReadText): { limit: number; available: number } | null {
  const limit = Number.parseInt(read(`${GROUP}/memory.max`) ?? "", 10);
  const used = Number.parseInt(read(`${GROUP}/memory.current`) ?? "", 10);
  if (!Number.isFinite(limit) || !Number.isFinite(used)) return null;
  const cache = field(read(`${GROUP}/memory.stat`), "inactive_file") ?? 0;
  return { limit, available: Math.max(0, limit - used + cache) };
}

/** Linux says it in /proc and, in a container, in its control group; elsewhere free memory says too little. */
export function readMemory(read: ReadText = readText): Memory {
  const info = read("/proc/meminfo");
  const total = field(info, "MemTotal");
  const available = field(info, "MemAvailable");
  if (total === null || available === null) return { totalBytes: totalmem(), availableBytes: null };
  const group = groupMemory(read);
  return {
    totalBytes: Math.min(total * KIB, group?.limit ?? Number.POSITIVE_INFINITY),
    availableBytes: Math.min(available * KIB, group?.available ?? Number.POSITIVE_INFINITY),
  };
}
