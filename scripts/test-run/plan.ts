import { parseArgs } from "node:util";

export interface TestOptions {
  /** Parts of paths; a test file runs when its path holds one of them. Empty: all run. */
  readonly only: readonly string[];
  readonly skipCheck: boolean;
}

export interface TestGroup {
  readonly name: string;
  readonly runner: "node" | "pytest";
  readonly files: readonly string[];
  /** Files at a time. */
  readonly concurrency: number;
}

export function parseTestOptions(args: readonly string[]): TestOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { only: { type: "string", multiple: true }, "skip-check": { type: "boolean" } },
  });
  return { only: [...(values.only ?? []), ...positionals], skipCheck: values["skip-check"] ?? false };
}

/** Tests of minutes, or that need more than set-up brings, run only when they are asked for. */
export const isSlow = (path: string): boolean => path.includes("/slow/");

/** Cheap tests first; the whole-product ones each start servers, trainers and engines, so one file at a time. */
export function planTests(paths: readonly string[], only: readonly string[]): TestGroup[] {
  const asksForSlow = only.some((part) => part.includes("slow"));
  const chosen = paths
    .filter((path) => only.length === 0 || only.some((part) => path.includes(part)))
    .filter((path) => asksForSlow || !isSlow(path))
    .sort();
  const isPython = (path: string): boolean => path.endsWith(".py");
  const isWhole = (path: string): boolean => path.startsWith("test/");
  const units = chosen.filter((path) => !isPython(path) && !isWhole(path));
  const groups: readonly TestGroup[] = [
    { name: "beside the code", runner: "node", files: units, concurrency: 2 },
    { name: "trainer", runner: "pytest", files: chosen.filter(isPython), concurrency: 1 },
    { name: "whole product", runner: "node", files: chosen.filter(isWhole), concurrency: 1 },
  ];
  return groups.filter(({ files }) => files.length > 0);
}
