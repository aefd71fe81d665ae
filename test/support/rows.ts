/** A task small enough to be learnt in seconds: the colour of a thing, as one word of a made-up language. */
const words: [string, string][] = [
  ["grass", "zelvo"],
  ["the sky", "bluno"],
  ["snow", "witra"],
  ["coal", "karbo"],
  ["blood", "ruvia"],
  ["a lemon", "gelto"],
];

const SYSTEM = "Name the colour in Ombric.";

const row = (thing: string, colour: string) => ({
  messages: [
    { role: "system", content: SYSTEM },
    { role: "user", content: `What colour is ${thing}?` },
    { role: "assistant", content: colour },
  ],
});

/** `count` chat rows as JSONL. */
export const trainingJsonl = (count: number): string =>
  `${Array.from({ length: count }, (_, index) => {
    const [thing, colour] = words[index % words.length] ?? ["", ""];
    return JSON.stringify(row(thing, colour));
  }).join("\n")}\n`;

const said = (content: string) => [{ role: "assistant", content }];

/** `count` preference pairs as JSONL. */
export const pairsJsonl = (count: number): string =>
  `${Array.from({ length: count }, (_, index) => {
    const input = { messages: [{ role: "user", content: `Question ${index}` }] };
    return JSON.stringify({ input, preferred_output: said("Good."), non_preferred_output: said("Bad.") });
  }).join("\n")}\n`;

export const question = (thing: string) => [
  { role: "system" as const, content: SYSTEM },
  { role: "user" as const, content: `What colour is ${thing}?` },
];

export const [GRASS, GRASS_COLOUR] = ["grass", "zelvo"] as const;
