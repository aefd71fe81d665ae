import { open } from "node:fs/promises";
import { readJsonl } from "./jsonl.ts";
import { findRowProblem } from "./training-row.ts";

export type RowProblem = { readonly line: number; readonly message: string };
export type FileCheck = {
  readonly examples: number;
  readonly problems: readonly RowProblem[];
  readonly problemCount: number;
};

/** Enough to mend a file by; the count goes on. */
const KEPT_PROBLEMS = 200;

/** Gives other requests their turn between rows of a large file. */
const breathe = () => new Promise((resolve) => setImmediate(resolve));

/** Reads a training file row by row, with bounded memory, and notes every row that cannot be trained on. */
export async function checkTrainingFile(path: string, signal?: AbortSignal): Promise<FileCheck> {
  await using handle = await open(path, "r");
  const problems: RowProblem[] = [];
  let examples = 0;
  let problemCount = 0;
  for await (const row of readJsonl(handle)) {
    examples += 1;
    const message = "value" in row ? findRowProblem(row.value, examples) : row.message;
    if (message !== null) {
      problemCount += 1;
      if (problems.length < KEPT_PROBLEMS) problems.push({ line: row.line, message });
    }
    if (examples % 500 === 0) {
      signal?.throwIfAborted();
      await breathe();
    }
  }
  return { examples, problems, problemCount };
}
