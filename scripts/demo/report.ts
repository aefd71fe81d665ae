import { type Column, renderTable } from "../../cli/output/table.ts";
import { duration, thousands } from "../../cli/output/words.ts";
import { accuracyOf, type HeldOut, spread } from "./rows.ts";
import type { Trained } from "./train.ts";

export type Measured = {
  readonly rows: readonly HeldOut[];
  readonly base: readonly string[];
  readonly tuned: readonly string[];
  readonly trained: Trained;
  readonly secondsAsking: { readonly base: number; readonly tuned: number };
};

const ENOUGH = 0.5;
const CLEARLY_MORE = 0.3;

export const isClearlyBetter = (before: number, after: number): boolean =>
  after >= ENOUGH && after >= before + CLEARLY_MORE;

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const oneLine = (text: string) => text.trim().replace(/\s+/g, " ");

type Line = { readonly what: string; readonly base: string; readonly tuned: string };

function figures({ rows, base, tuned, trained, secondsAsking }: Measured): Line[] {
  const rate = (seconds: number) => `${(rows.length / seconds).toFixed(1)} a second`;
  return [
    {
      what: `right of ${rows.length} held-out questions`,
      base: percent(accuracyOf(rows, base)),
      tuned: percent(accuracyOf(rows, tuned)),
    },
    { what: "training time", base: "", tuned: duration(trained.seconds) },
    { what: "trained tokens", base: "", tuned: thousands(trained.tokens) },
    { what: "dataset tokens a second", base: "", tuned: thousands(trained.tokensPerSecond) },
    { what: "answers", base: rate(secondsAsking.base), tuned: rate(secondsAsking.tuned) },
  ];
}

const figureColumns: Column<Line>[] = [
  { title: "", of: ({ what }) => what },
  { title: "BASE", of: ({ base }) => base },
  { title: "TUNED", of: ({ tuned }) => tuned },
];

type Pair = { readonly row: HeldOut; readonly base: string; readonly tuned: string };

const answerColumns: Column<Pair>[] = [
  { title: "QUESTION", of: ({ row }) => row.question, shrinks: true },
  { title: "RIGHT ANSWER", of: ({ row }) => row.expected },
  { title: "BASE SAYS", of: ({ base }) => oneLine(base), shrinks: true },
  { title: "TUNED SAYS", of: ({ tuned }) => oneLine(tuned), shrinks: true },
];

export function renderReport(measured: Measured, width: number): string {
  const pairs = measured.rows.map((row, index) => ({
    row,
    base: measured.base[index] ?? "",
    tuned: measured.tuned[index] ?? "",
  }));
  const answers = renderTable(answerColumns, spread(pairs, 6), width);
  return `\n${renderTable(figureColumns, figures(measured), width)}\n${answers}`;
}

type Place = { readonly url: string; readonly model: string; readonly keyIn: string };

/** How to go on from here, in the browser and with the SDK. */
export const renderNext = ({ url, model, keyIn }: Place): string => `
Tune on a file of your own, compare and see what ends when in the dashboard, ${url}/:
\`npx perennial dashboard\` prints a link that signs you in.

The platform listens on ${url}/v1. Your API key is in ${keyIn}.
Any OpenAI SDK can call it; in Node, for example:

  import { readFileSync } from "node:fs";
  import OpenAI from "openai";

  const client = new OpenAI({
    baseURL: "${url}/v1",
    apiKey: readFileSync("${keyIn}", "utf8").trim(),
  });
  // A row of the data: a tuned model is to be asked as it was trained.
  const [row] = readFileSync("examples/banking77/held-out.jsonl", "utf8").split("\\n");
  const [system, user] = JSON.parse(row).messages;
  const answer = await client.chat.completions.create({
    model: "${model}",
    messages: [system, user],
  });
  console.log(answer.choices[0].message.content);
`;
