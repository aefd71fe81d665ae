import type { DataProblem, DataProblemGroup, DataWarning } from "../contract/training-data.ts";
import { LineSet } from "./line-set.ts";
import { fixes, type ProblemCode } from "./problem.ts";

/** So many are kept with their sentences; all are counted, and their lines kept as ranges. */
export const MOST_LISTED = 10_000;

type Found = Omit<DataProblem, "fix" | "code"> & {
  readonly code: ProblemCode;
  /** For this row alone; without it, what its kind asks for. */
  readonly fix?: string | null;
};

/** The problems of one file. */
export class Problems {
  /** Of the file as a whole: never crowded out by those of its rows. */
  readonly #whole: DataProblem[] = [];
  readonly #listed: DataProblem[] = [];
  readonly #groups = new Map<ProblemCode, { count: number; lines: LineSet }>();
  #count = 0;

  add({ code, line, param, message, fix }: Found): void {
    this.#count += 1;
    const problem = { line, param, code, message, fix: fix ?? fixes[code] };
    if (line === null) this.#whole.push(problem);
    else if (this.#listed.length < MOST_LISTED) this.#listed.push(problem);
    const group = this.#groups.get(code) ?? { count: 0, lines: new LineSet() };
    group.count += 1;
    if (line !== null) group.lines.add(line);
    this.#groups.set(code, group);
  }

  get count(): number {
    return this.#count;
  }

  /** Those of the file as a whole first. */
  list(): DataProblem[] {
    return [...this.#whole, ...this.#listed];
  }

  groups(): DataProblemGroup[] {
    return [...this.#groups].map(([code, { count, lines }]) => ({
      code,
      count,
      lines: lines.text(),
      fix: fixes[code],
    }));
  }
}

const MOST_EXAMPLES = 3;

/** The warnings of one file, a few for each kind of them. */
export class Warnings {
  readonly #kinds = new Map<string, { message: string; lines: LineSet; examples: string[]; last: number }>();
  readonly #whole: DataWarning[] = [];

  /** A line is counted once for each kind; `example` is shown for the first few. */
  add(line: number, code: string, { message, example }: { message: string; example?: string }): void {
    const kind = this.#kinds.get(code) ?? { message, lines: new LineSet(), examples: [], last: 0 };
    this.#kinds.set(code, kind);
    if (kind.last === line) return;
    kind.last = line;
    kind.lines.add(line);
    if (example !== undefined && kind.examples.length < MOST_EXAMPLES) kind.examples.push(example);
  }

  addWhole(code: string, message: string): void {
    this.#whole.push({ code, message, count: 1, lines: "" });
  }

  list(): DataWarning[] {
    const kinds = [...this.#kinds].map(([code, { message, lines, examples }]) => {
      const shown = examples.length > 0 ? ` For example ${examples.join(", ")}.` : "";
      return { code, message: `${message}${shown}`, count: lines.count, lines: lines.text() };
    });
    return [...kinds, ...this.#whole];
  }
}
