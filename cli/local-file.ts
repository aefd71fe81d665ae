import { statSync } from "node:fs";
import { CliError } from "./cli-error.ts";

/** In bytes, of a file on this machine; what is no file is refused by its name. */
export function sizeOf(path: string): number {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) throw new CliError(`There is no file ${path}.`);
  if (stats.isDirectory()) throw new CliError(`${path} is a folder: name the file in it.`);
  if (!stats.isFile()) throw new CliError(`${path} is not a file.`);
  return stats.size;
}
