/**
 * Chats that have nothing in common: worked sums, stock lists, itineraries, letters, put together from parts of our own
 * writing by a seeded draw. 200 to 800 tokens a row with the embedded base's tokenizer, a third of the rows multi-turn.
 */

type Draw = { int(from: number, to: number): number; of<T>(items: readonly T[]): T };
type Message = { readonly role: "system" | "user" | "assistant"; readonly content: string };

/** Mulberry32: small, and the same on every machine. */
function createDraw(seed: number): Draw {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const int = (from: number, to: number) => from + Math.floor(next() * (to - from + 1));
  const of = <T>(items: readonly T[]): T => {
    const item = items[int(0, items.length - 1)];
    if (item === undefined) throw new Error("There is nothing to draw from.");
    return item;
  };
  return { int, of };
}

const people = [
  "Amira",
  "Bjarne",
  "Chidi",
  "Dolores",
  "Emeka",
  "Fenna",
  "Goran",
  "Hanako",
  "Ilse",
  "Joaquim",
];
const towns = ["Aarhus", "Bilbao", "Cork", "Dresden", "Esbjerg", "Faro", "Ghent", "Haarlem", "Izmir", "Jena"];
const goods = [
  "oak boards",
  "copper pipes",
  "linen sheets",
  "rye flour",
  "lamp oil",
  "roof tiles",
  "wool blankets",
];
const trades = [
  "a joiner",
  "a baker",
  "a boat builder",
  "a gardener",
  "a printer",
  "a beekeeper",
  "a glazier",
];
const weather = ["a hard frost", "three days of rain", "a dry spring", "an early thaw", "a week of fog"];
const tones = [
  "plainly",
  "in short sentences",
  "with every step written out",
  "as to a new colleague",
  "with care",
];

function workedSum(draw: Draw): string {
  const lines = Array.from({ length: draw.int(5, 11) }, (_, index) => {
    const [count, price] = [draw.int(2, 48), draw.int(3, 95)];
    return `${index + 1}. ${count} lots of ${draw.of(goods)} at ${price} crowns each come to ${count * price} crowns.`;
  });
  const [paid, owed] = [draw.int(200, 900), draw.int(1000, 5000)];
  return `${lines.join("\n")}\nOf the ${owed} crowns that are still owed, ${paid} were paid in ${draw.of(towns)}, so ${owed - paid} remain.`;
}

function journey(draw: Draw): string {
  const legs = Array.from({ length: draw.int(5, 9) }, () => {
    const [hour, minutes] = [draw.int(5, 20), draw.int(10, 59)];
    return `At ${hour}:${minutes} ${draw.of(people)} leaves ${draw.of(towns)} for ${draw.of(towns)}, ${draw.int(30, 280)} kilometres away, and because of ${draw.of(weather)} allows ${draw.int(1, 6)} hours for it.`;
  });
  return `${legs.join(" ")} Whoever arrives first waits by the north door of the station.`;
}

function letter(draw: Draw): string {
  const body = Array.from(
    { length: draw.int(4, 8) },
    () =>
      `After ${draw.of(weather)} the ${draw.of(goods)} could not be sent from ${draw.of(towns)}; ${draw.of(people)}, who is ${draw.of(trades)}, keeps ${draw.int(3, 90)} of them under a roof until the ${draw.int(2, 28)}th.`,
  );
  return `Dear ${draw.of(people)},\n${body.join(" ")}\nPlease answer before the ${draw.int(2, 28)}th.\nYours, ${draw.of(people)}`;
}

const answers = [workedSum, journey, letter] as const;

const question = (draw: Draw): string =>
  `${draw.of(people)} is ${draw.of(trades)} in ${draw.of(towns)} and asks about ${draw.int(2, 99)} ${draw.of(goods)} after ${draw.of(weather)}. Write it out ${draw.of(tones)}, with ${draw.int(3, 12)} numbers that can be checked.`;

function rowOf(draw: Draw, index: number): Message[] {
  const turns = index % 3 === 0 ? 2 : 1;
  const system = `${index + 1}: you help ${draw.of(trades)} called ${draw.of(people)} and write ${draw.of(tones)}.`;
  const exchanges = Array.from({ length: turns }, () => [
    { role: "user" as const, content: question(draw) },
    { role: "assistant" as const, content: draw.of(answers)(draw) },
  ]);
  return [{ role: "system", content: system }, ...exchanges.flat()];
}

/** The lines of a training file with `count` rows. */
export function unrelatedRows(count: number, seed = 1): string[] {
  const draw = createDraw(seed);
  return Array.from({ length: count }, (_, index) => JSON.stringify({ messages: rowOf(draw, index) }));
}
