import { resolve } from "node:path";
import { z } from "zod";
import type { DataCheck, PreviewRow, PreviewToken, TokenSummary } from "../contract/training-data.ts";
import { type Limits, readChildLines } from "./child-lines.ts";

/** Where the trainer's Python is. */
export type TrainerEnvironment = {
  readonly python: string;
  readonly trainerFolder: string;
  readonly env: NodeJS.ProcessEnv;
};

/** Whose tokens are meant. `path`: the folder in Hugging Face's layout. */
export type TokenBase = { readonly id: string; readonly path: string; readonly contextLength: number };

export type Page = { readonly after: number; readonly limit: number };

/** More than one page of rows ever takes. */
const MOST_OUTPUT_BYTES = 64 * 1024 * 1024;
const PREVIEW_MS = 60_000;
/** The trainer's own time limit comes first; this is for one that hangs. */
const SPARE_MS = 60_000;
const MOST_MS = 2 ** 31 - 1;

const Branch = z.object({
  name: z.enum(["row", "earlier_answer", "preferred", "non_preferred"]),
  ids: z.array(z.int()),
  texts: z.array(z.string()),
  trained: z.array(z.tuple([z.int(), z.int()])),
  tokens_cut: z.int(),
});
const Row = z.object({ line: z.int(), branches: z.array(Branch), error: z.string().nullable() });
const End = z.object({ has_more: z.boolean() });
const Progress = z.object({ read: z.int() });
const Counts = z.object({
  rows: z.int(),
  unreadable_rows: z.int(),
  untaught_rows: z.int(),
  tokens: z.int(),
  trained_tokens: z.int(),
  longest_line: z.int(),
  longest_tokens: z.int(),
  over_rows: z.int(),
  tokens_cut: z.int(),
  over_lines: z.array(z.int()),
  is_complete: z.boolean(),
  error: z.string().nullable(),
});

function tokensOf({ ids, texts, trained }: z.output<typeof Branch>): PreviewToken[] {
  const marks = new Uint8Array(ids.length);
  for (const [start, end] of trained) marks.fill(1, start, end);
  return ids.map((id, index) => ({ id, text: texts[index] ?? "", is_trained: marks[index] === 1 }));
}

const rowOf = ({ line, branches, error }: z.output<typeof Row>): PreviewRow => ({
  line,
  branches: branches.map((branch) => ({
    name: branch.name,
    tokens: tokensOf(branch),
    tokens_cut: branch.tokens_cut,
  })),
  error,
});

const summaryOf = (base: TokenBase, counts: z.output<typeof Counts>): TokenSummary => ({
  model: base.id,
  context_length: base.contextLength,
  rows: counts.rows,
  unreadable_rows: counts.unreadable_rows,
  tokens: counts.tokens,
  trained_tokens: counts.trained_tokens,
  untaught_rows: counts.untaught_rows,
  longest_row:
    counts.longest_tokens === 0 ? null : { line: counts.longest_line, tokens: counts.longest_tokens },
  over_context: { rows: counts.over_rows, tokens_cut: counts.tokens_cut, lines: counts.over_lines },
  is_complete: counts.is_complete,
});

/** `error`: why a training would refuse the file, as far as it was read. */
export type Counted = { readonly summary: TokenSummary; readonly error: string | null };

const countedOf = (base: TokenBase, counts: z.output<typeof Counts>): Counted => ({
  summary: summaryOf(base, counts),
  error: counts.error,
});

/** A check together with what the trainer's own reading of the training file has to say. */
export function withTokens(check: DataCheck, counted: Counted | null): DataCheck {
  if (counted === null) return check;
  const tokens = counted.summary;
  if (check.error !== null || counted.error === null) return { ...check, tokens };
  const message = `The job failed due to an invalid training file. ${counted.error}.`;
  return {
    ...check,
    passes: false,
    error: { code: "invalid_training_file", message, param: "training_file" },
    tokens,
  };
}

/** Asks the trainer's own code, so that what is shown is what is trained. */
export function createTokens({ python, trainerFolder, env }: TrainerEnvironment) {
  const ask = (
    args: readonly string[],
    limits: Omit<Limits, "mostBytes">,
    onValue: (value: unknown) => void,
  ) =>
    readChildLines(
      {
        program: python,
        args: ["-m", "trainer.preview", ...args],
        cwd: trainerFolder,
        env: { ...env, PYTHONPATH: trainerFolder, HF_HUB_OFFLINE: "1" },
      },
      { ...limits, mostBytes: MOST_OUTPUT_BYTES },
      (line) => onValue(JSON.parse(line)),
    );

  const about = (base: TokenBase, file: string) => [
    // The trainer runs in a folder of its own.
    ...["--base", resolve(base.path), "--file", resolve(file)],
    ...["--context-length", String(base.contextLength)],
  ];

  return {
    async preview(base: TokenBase, file: string, page: Page & { signal?: AbortSignal | undefined }) {
      const data: PreviewRow[] = [];
      let hasMore = false;
      const args = [
        "rows",
        ...about(base, file),
        "--after",
        String(page.after),
        "--limit",
        String(page.limit),
      ];
      await ask(args, { timeoutMs: PREVIEW_MS, signal: page.signal }, (value) => {
        const row = Row.safeParse(value);
        if (row.success) data.push(rowOf(row.data));
        else hasMore = End.parse(value).has_more;
      });
      return { data, hasMore };
    },

    /** `seconds` null: as long as it takes. */
    async count(
      base: TokenBase,
      file: string,
      options: {
        seconds: number | null;
        signal?: AbortSignal | undefined;
        onRead?: (bytes: number) => void;
      },
    ): Promise<Counted | null> {
      let counts: z.output<typeof Counts> | null = null;
      const { seconds, signal, onRead } = options;
      const args = [
        "count",
        ...about(base, file),
        ...(seconds === null ? [] : ["--seconds", String(seconds)]),
      ];
      const timeoutMs = seconds === null ? MOST_MS : seconds * 1000 + SPARE_MS;
      await ask(args, { timeoutMs, signal }, (value) => {
        const progress = Progress.safeParse(value);
        if (progress.success) onRead?.(progress.data.read);
        else counts = Counts.parse(value);
      });
      return counts && countedOf(base, counts);
    },
  };
}
export type Tokens = ReturnType<typeof createTokens>;
