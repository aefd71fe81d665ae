import { existsSync, readdirSync, readFileSync } from "node:fs";

/** Linux tells times in hundredths of a second, whatever the kernel's own clock is. */
const TICKS = 100;
const PAGE_BYTES = 4096;

/** The fields of /proc/PID/stat behind the name, which may hold anything: state, parent, group … */
function readStat(pid: string): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return [];
  }
}

const membersOf = (group: number): string[][] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(readStat)
    .filter((stat) => stat[2] === String(group));

const total = (group: number, of: (stat: string[]) => number): number =>
  membersOf(group).reduce((sum, stat) => sum + of(stat), 0);

const hasProc = existsSync("/proc/self/stat");

const processorSeconds = (group: number): number =>
  total(group, (stat) => Number(stat[11]) + Number(stat[12])) / TICKS;

/** Resident memory of a process group; null where the system does not tell. */
export const residentMb = (group: number): number | null =>
  hasProc ? Math.round((total(group, (stat) => Number(stat[21])) * PAGE_BYTES) / 1e6) : null;

/** From now until it is called: how many cores each group was at work on, and this process itself. */
export function startMeter(groups: Readonly<Record<string, number>>): () => Record<string, number> {
  const started = performance.now();
  const own = process.cpuUsage();
  const before = Object.entries(hasProc ? groups : {}).map(([name, group]) => ({
    name,
    group,
    seconds: processorSeconds(group),
  }));
  return () => {
    const wall = (performance.now() - started) / 1000;
    const cores = (seconds: number) => Math.round((seconds / wall) * 100) / 100;
    const { user, system } = process.cpuUsage(own);
    const others = before.map(({ name, group, seconds }) => [name, cores(processorSeconds(group) - seconds)]);
    return { load: cores((user + system) / 1e6), ...Object.fromEntries(others) };
  };
}
