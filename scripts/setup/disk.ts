import { statfsSync } from "node:fs";
import { SetupProblem } from "./problem.ts";

const gigabyte = 1024 ** 3;

export const freeBytes = (folder: string): number => {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
};

/** Refuses before anything is downloaded, since a full disk leaves half-written packages behind. */
export function assertRoom(folder: string, neededGb: number, free: number = freeBytes(folder)): void {
  if (free >= neededGb * gigabyte) return;
  const freeGb = (free / gigabyte).toFixed(1);
  throw new SetupProblem(
    `Set-up needs ${neededGb} GB of free disk and ${folder} has ${freeGb} GB; make room and run this again.`,
  );
}
