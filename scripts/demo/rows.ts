import { readFileSync } from "node:fs";
import { z } from "zod";

const Row = z.object({
  messages: z.tuple([
    z.object({ role: z.literal("system"), content: z.string() }),
    z.object({ role: z.literal("user"), content: z.string() }),
    z.object({ role: z.literal("assistant"), content: z.string() }),
  ]),
});

export type Prompt = { readonly system: string; readonly question: string };
export type HeldOut = Prompt & { readonly expected: string };

export const readHeldOut = (path: string): HeldOut[] =>
  readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => {
      const [system, user, assistant] = Row.parse(JSON.parse(line)).messages;
      return { system: system.content, question: user.content, expected: assistant.content };
    });

const normalised = (text: string) => text.trim().toLowerCase();

/** Exact match of the label; an answer that only contains it is wrong. */
export const isRight = (answer: string, expected: string): boolean =>
  normalised(answer) === normalised(expected);

export const accuracyOf = (rows: readonly HeldOut[], answers: readonly string[]): number =>
  rows.filter(({ expected }, index) => isRight(answers[index] ?? "", expected)).length / rows.length;

/** Evenly spread, so that nobody has picked them. */
export const spread = <Item>(items: readonly Item[], count: number): Item[] =>
  items.filter((_, index) => index % Math.ceil(items.length / count) === 0);
