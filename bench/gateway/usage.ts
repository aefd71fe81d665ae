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

/** Of the whole machine: all that is not idle or waiting for a disk. */
function machineSeconds(): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = readFileSync("/proc/stat", "utf8")
    .split("\n", 1)
    .flatMap((line) => line.trim().split(/\s+/).slice(1).map(Number));
  return (user + nice + system + irq + softirq) / TICKS;
}

/** From now until it is called: how many cores this process was at work on, each group, and everybody else. */
export function startMeter(groups: Readonly<Record<string, number>>): () => Record<string, number> {
  const started = performance.now();
  const own = process.cpuUsage();
  const machine = hasProc ? machineSeconds() : 0;
  const before = Object.entries(hasProc ? groups : {}).map(([name, group]) => ({
    name,
    group,
    seconds: processorSeconds(group),
  }));
  return () => {
    const wall = (performance.now() - started) / 1000;
    const { user, system } = process.cpuUsage(own);
    const spent: [string, number][] = [
      ["load", (user + system) / 1e6],
      ...before.map(({ name, group, seconds }): [string, number] => [
        name,
        processorSeconds(group) - seconds,
      ]),
    ];
    const known = spent.reduce((sum, [, seconds]) => sum + seconds, 0);
    if (hasProc) spent.push(["others", Math.max(0, machineSeconds() - machine - known)]);
    return Object.fromEntries(
      spent.map(([name, seconds]) => [name, Math.round((seconds / wall) * 100) / 100]),
    );
  };
}
