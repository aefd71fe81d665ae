import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

const KIB = 1024;

async function fromProc(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * KIB;
}

async function fromPs(pid: number): Promise<number> {
  const { stdout } = await promisify(execFile)("ps", ["-o", "rss=", "-p", String(pid)]);
  return Number(stdout) * KIB;
}

/** The memory that a process holds now; null once it is gone. */
export async function residentBytes(pid: number): Promise<number | null> {
  const bytes = await fromProc(pid)
    .catch(() => fromPs(pid))
    .catch(() => Number.NaN);
  return Number.isFinite(bytes) && bytes > 0 ? bytes : null;
}

/** The same of all processes of a group. */
export async function groupBytes(groupId: number): Promise<number | null> {
  try {
    const { stdout } = await promisify(execFile)("ps", ["-eo", "pgid=,rss="]);
    const rows = stdout.split("\n").map((line) => line.trim().split(/\s+/).map(Number));
    const kib = rows.filter(([group]) => group === groupId).reduce((sum, [, rss = 0]) => sum + rss, 0);
    return kib > 0 ? kib * KIB : null;
  } catch {
    return null;
  }
}
