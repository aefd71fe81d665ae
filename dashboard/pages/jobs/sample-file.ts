import type { Client } from "../../../client/client.ts";
import { findLines } from "../data/find-lines.ts";
import { type Sample, sampleOf } from "./sample-row.ts";

/** Of these lines of a file those that a model can be asked for. */
export async function readSamples(client: Client, file: string, lines: readonly number[]): Promise<Sample[]> {
  const rows = await findLines(await client.files.content(file), lines);
  return [...rows].flatMap(([line, text]) => sampleOf(line, text) ?? []);
}
