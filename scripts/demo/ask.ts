import type OpenAI from "openai";
import { createMeter } from "../../cli/output/meter.ts";
import { type HeldOut, isRight } from "./rows.ts";

const CONCURRENCY = 4;
// The longest label is 11 tokens and its end one more.
const MAX_TOKENS = 12;

async function answerOf(openai: OpenAI, model: string, row: HeldOut, signal: AbortSignal): Promise<string> {
  const { choices } = await openai.chat.completions.create(
    {
      model,
      messages: [
        { role: "system", content: row.system },
        { role: "user", content: row.question },
      ],
      temperature: 0,
      max_tokens: MAX_TOKENS,
    },
    { signal },
  );
  return choices[0]?.message.content ?? "";
}

type Asking = { readonly model: string; readonly label: string; readonly rows: readonly HeldOut[] };

/** The model's answer to every row, a few asked at a time. */
export async function askAll(
  openai: OpenAI,
  { model, label, rows }: Asking,
  signal: AbortSignal,
): Promise<string[]> {
  using meter = createMeter(process.stdout);
  const answers: string[] = [];
  const waiting = rows.entries();
  let done = 0;
  let right = 0;
  const work = async () => {
    for (const [index, row] of waiting) {
      const answer = await answerOf(openai, model, row, signal);
      answers[index] = answer;
      done += 1;
      if (isRight(answer, row.expected)) right += 1;
      meter.update(done, rows.length, `${label}: ${right} of ${done} right`);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  return answers;
}
