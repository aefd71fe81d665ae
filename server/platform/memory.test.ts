import assert from "node:assert/strict";
import { test } from "node:test";
import { readMemory } from "./memory.ts";

const GIB = 1024 ** 3;
const meminfo = "MemTotal:       25165824 kB\nMemFree:          100 kB\nMemAvailable:   12582912 kB\n";
const group = (max: string, current: number, cache: number): Record<string, string> => ({
  "/sys/fs/cgroup/memory.max": `${max}\n`,
  "/sys/fs/cgroup/memory.current": `${current}\n`,
  "/sys/fs/cgroup/memory.stat": `anon 5\nfile 7\ninactive_file ${cache}\n`,
});
const machine = (files: Record<string, string>) => readMemory((path) => files[path] ?? null);

const cases: [string, Record<string, string>, number, number][] = [
  ["a machine of its own", { "/proc/meminfo": meminfo }, 24 * GIB, 12 * GIB],
  ["a group without a limit", { "/proc/meminfo": meminfo, ...group("max", 1, 0) }, 24 * GIB, 12 * GIB],
  [
    "a container, whose page cache can be had back",
    { "/proc/meminfo": meminfo, ...group(String(4 * GIB), 3 * GIB, GIB) },
    4 * GIB,
    2 * GIB,
  ],
  [
    "a container whose limit is above what the machine has left",
    { "/proc/meminfo": meminfo, ...group(String(20 * GIB), GIB, 0) },
    20 * GIB,
    12 * GIB,
  ],
];
for (const [what, files, totalBytes, availableBytes] of cases) {
  test(`memory is read for ${what}`, () => assert.deepEqual(machine(files), { totalBytes, availableBytes }));
}

test("a system that does not say what could be freed is believed about its total alone", () => {
  const memory = machine({});
  assert.equal(memory.availableBytes, null);
  assert.ok(memory.totalBytes > 0);
});

test("this machine has memory", () => {
  const { totalBytes, availableBytes } = readMemory();
  assert.ok(totalBytes > 0 && (availableBytes === null || availableBytes <= totalBytes));
});
