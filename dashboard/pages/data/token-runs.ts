import type { PreviewToken } from "../../../contract/training-data.ts";

export type Run = { readonly at: number; readonly text: string; readonly isTrained: boolean };

/** Neighbours that are alike, as one piece of text: a row of 8,000 tokens is then a few elements. */
export function runsOf(tokens: readonly PreviewToken[]): Run[] {
  const runs: { at: number; text: string; isTrained: boolean }[] = [];
  tokens.forEach(({ text, is_trained }, at) => {
    const last = runs.at(-1);
    if (last && last.isTrained === is_trained) last.text += text;
    else runs.push({ at, text, isTrained: is_trained });
  });
  return runs;
}
