import type { SourceFile } from "./imports.ts";

const wantedLines = 250;
const mostLines = 300;

const lineCount = ({ text }: SourceFile): number => text.split("\n").length - (text.endsWith("\n") ? 1 : 0);

const over = (files: readonly SourceFile[], limit: number): SourceFile[] =>
  files.filter((file) => lineCount(file) > limit);

const describe = (file: SourceFile): string =>
  `${file.path} has ${lineCount(file)} lines; ${wantedLines} are wanted, ${mostLines} allowed`;

export const tooLong = (files: readonly SourceFile[]): string[] => over(files, mostLines).map(describe);

export const nearlyTooLong = (files: readonly SourceFile[]): string[] =>
  over(files, wantedLines)
    .filter((file) => lineCount(file) <= mostLines)
    .map(describe);
