import { readFileSync } from "node:fs";
import { join } from "node:path";
import { unrelatedRows } from "./unrelated-rows.ts";

export type Work = {
  readonly title: string;
  readonly rows: readonly string[];
  readonly batchSize: number;
  /** In how many parts TRL computes a batch: the number with which it was fastest here. */
  readonly trlParts: number;
  /** The least ratio of dataset tokens a second that is asked for. */
  readonly goal: number;
};

type Question = { readonly text: string; readonly intent: string };

function readQuestions(): Question[] {
  const lines = readFileSync(join(import.meta.dirname, "..", "data", "banking77.jsonl"), "utf8")
    .trim()
    .split("\n");
  return lines.map((line) => JSON.parse(line));
}

const chat = (system: string, { text, intent }: Question): string =>
  JSON.stringify({
    messages: [
      { role: "system", content: system },
      { role: "user", content: text },
      { role: "assistant", content: intent },
    ],
  });

const task = "You sort the questions that customers ask a bank. Answer with the intent of the question";

export function createWorks(scale: number): Record<string, Work> {
  const questions = readQuestions();
  const labels = [...new Set(questions.map(({ intent }) => intent))].toSorted();
  const long = `${task}, exactly as it is written in this list, and nothing else: ${labels.join(", ")}.`;
  const some = (count: number) => questions.slice(0, Math.max(1, Math.round(count * scale)));
  return {
    long: {
      title: "BANKING77, the prompt lists the 77 labels",
      rows: some(48).map((question) => chat(long, question)),
      batchSize: 16,
      trlParts: 4,
      goal: 25,
    },
    short: {
      title: "BANKING77, short prompt",
      rows: some(192).map((question) => chat(`${task}.`, question)),
      batchSize: 16,
      trlParts: 1,
      goal: 5,
    },
    unrelated: {
      title: "rows with nothing in common, some multi-turn",
      rows: unrelatedRows(Math.max(1, Math.round(32 * scale))),
      batchSize: 4,
      trlParts: 1,
      goal: 2,
    },
  };
}
