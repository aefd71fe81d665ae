import { type Expression, sizeOf } from "./expression.ts";
import { SchemaError } from "./schema-error.ts";

/** Fewer than OpenAI's 5,000: llama.cpp needs seconds for those. */
const MAX_PROPERTIES = 2_000;
/** OpenAI's own. */
const MAX_ENUM_VALUES = 1_000;
const MAX_CHARACTERS = 120_000;
/** What llama.cpp reads in about a second. */
const MAX_SIZE = 100_000;

type Counts = { properties: number; enumValues: number; characters: number };

const lengthOf = (value: unknown) =>
  (typeof value === "string" ? value : JSON.stringify(value ?? null)).length;

/** What stands under these names counts; anything else is walked through for more of them. */
const counting: Readonly<Record<string, (value: object, counts: Counts) => void>> = {
  properties(value, counts) {
    const names = Object.keys(value);
    counts.properties += names.length;
    counts.characters += names.reduce((sum, name) => sum + name.length, 0);
  },
  enum(value, counts) {
    const values = Object.values(value);
    counts.enumValues += values.length;
    counts.characters += values.reduce((sum, one) => sum + lengthOf(one), 0);
  },
};

function count(value: unknown, counts: Counts): Counts {
  if (typeof value !== "object" || value === null) return counts;
  for (const [key, inner] of Object.entries(value)) {
    if (key === "const" || key === "pattern") counts.characters += lengthOf(inner);
    if (typeof inner !== "object" || inner === null) continue;
    if (Object.hasOwn(counting, key)) counting[key]?.(inner, counts);
    count(inner, counts);
  }
  return counts;
}

/** Refuses a schema before anything is made of it. */
export function assertWithinLimits(document: unknown): void {
  const { properties, enumValues, characters } = count(document, {
    properties: 0,
    enumValues: 0,
    characters: 0,
  });
  const over = (what: string, found: number, most: number) => {
    if (found > most) throw new SchemaError([], `it has ${found} ${what}; at most ${most} are allowed`);
  };
  over("properties", properties, MAX_PROPERTIES);
  over("enum values", enumValues, MAX_ENUM_VALUES);
  over("characters in names, enum values, constants and patterns", characters, MAX_CHARACTERS);
}

/** Refuses what would grow too large for an engine: repeats of repeats, mostly. */
export function assertSmall(expressions: Iterable<Expression>): void {
  let size = 0;
  for (const expression of expressions) size += sizeOf(expression);
  if (size > MAX_SIZE) throw new SchemaError([], "it is too large: shorten its lists and repeats");
}
