import { endOf } from "./answer-end.ts";
import { createRowKeys, findSame, remember } from "./duplicates.ts";
import type { Warnings } from "./findings.ts";
import type { Dictionary } from "./jsonl.ts";
import { LabelBalance } from "./label-balance.ts";
import { isCalling, type Reading, textOf } from "./reading.ts";
import { RowTable } from "./row-table.ts";
import { rowWarnings, warnOfRow } from "./row-warnings.ts";

const texts = {
  duplicate_row:
    "Rows stand in the file more than once, and so weigh more than others; remove the copies unless that is meant.",
  contradiction:
    "The same prompt has different answers: the model learns a mixture of them. Keep the one that is right, unless variety is meant.",
  reversed_pair: "A pair prefers what another pair with the same prompt rejects. Keep the one that is right.",
  overlap:
    "Rows of the validation file stand in the training file too: the validation loss says less than it seems to. Remove them from one of the two.",
  cut_answer:
    "Answers look as if their end were missing (they stop in the middle of a sentence, of JSON or of a code block).",
} as const;

/** What may be as it should be is suspicious only where most answers have a final mark. */
const MOSTLY = 4;
const MOST_KEPT = 10_000;

/** Lines whose answers end in one doubtful way; `enough`: answers with a final mark, at least, before they are told. */
function createDoubtful(enough: number) {
  const lines: number[] = [];
  let count = 0;
  return {
    add(line: number): void {
      count += 1;
      if (lines.length < MOST_KEPT) lines.push(line);
    },
    told: (closed: number) => (closed >= enough && closed >= MOSTLY * count ? { count, lines } : null),
  };
}

function createEndWatch(warnings: Warnings) {
  const bare = createDoubtful(20);
  const leading = createDoubtful(5);
  let closed = 0;
  return {
    add(line: number, answer: string): void {
      const end = endOf(answer);
      if (end === "closed") closed += 1;
      else if (end === "cut") warnings.add(line, "cut_answer", { message: texts.cut_answer });
      else if (end === "leading") leading.add(line);
      else if (end === "bare") bare.add(line);
    },
    finish(): void {
      const told = [bare.told(closed), leading.told(closed)].filter((one) => one !== null);
      const count = told.reduce((sum, one) => sum + one.count, 0);
      const message = `${count} answers end without a final mark, while nearly all others have one: is something missing?`;
      for (const line of told.flatMap(({ lines }) => lines).sort((a, b) => a - b))
        warnings.add(line, "answer_without_end_mark", { message });
    },
  };
}

type Options = {
  readonly warnings: Warnings;
  /** Rows to compare with each other; those after them are not. */
  readonly mostRemembered: number;
  /** The rows of the training file, while the validation file is read. */
  readonly training: RowTable | null;
};

/** What is to be said of a file's good rows, one after another. */
export function createFileWarnings({ warnings, mostRemembered, training }: Options) {
  const table = new RowTable(mostRemembered);
  const keysOf = createRowKeys();
  const labels = new LabelBalance();
  const ends = createEndWatch(warnings);

  function compare(reading: Reading, line: number): void {
    const keys = keysOf(reading);
    const likeness = remember(table, { reading, keys, line });
    if (likeness?.kind === "repeats") {
      const example = `line ${line} repeats line ${likeness.line}`;
      warnings.add(line, "duplicate_row", { message: texts.duplicate_row, example });
    } else if (likeness) {
      const code = reading.format === "preference" ? "reversed_pair" : "contradiction";
      warnings.add(line, code, { message: texts[code], example: `lines ${likeness.line} and ${line}` });
    }
    const same = training === null ? null : findSame(training, keys);
    if (same === null) return;
    const example = `line ${line} is line ${same} of the training file`;
    warnings.add(line, "overlap", { message: texts.overlap, example });
  }

  function add(line: number, row: Dictionary, reading: Reading): void {
    compare(reading, line);
    warnOfRow(row, reading, (code) => warnings.add(line, code, { message: rowWarnings[code] }));
    const { trained, format } = reading;
    const answers = trained.filter((message) => !isCalling(message)).map(textOf);
    for (const answer of answers) ends.add(line, answer);
    if (format !== "preference") labels.add(answers.length === trained.length ? answers : null);
  }

  function finish(): void {
    ends.finish();
    for (const { code, message } of labels.find()) warnings.addWhole(code, message);
    if (table.isFull)
      warnings.addWhole(
        "not_all_compared",
        `The file has very many rows: those after the first ${table.size.toLocaleString("en-US")} different ones were not compared with each other.`,
      );
  }

  return { table, add, finish };
}
export type FileWarnings = ReturnType<typeof createFileWarnings>;
