import { type Dictionary, isDictionary } from "./jsonl.ts";
import { callsOf, isCalling, type Reading, textOf } from "./reading.ts";
import { type Key, RowHash } from "./row-hash.ts";
import type { RowTable } from "./row-table.ts";

/** How a row is like one before it; `line` is that one's. */
export type Likeness = { readonly kind: "repeats" | "contradicts"; readonly line: number };

type Keys = {
  readonly prompt: Key;
  readonly whole: Key;
  /** Of a preference pair: the row that prefers the other answer. */
  readonly reversed: Key | null;
};

function addMessage(hash: RowHash, message: Dictionary): void {
  hash.text(String(message.role)).text(textOf(message));
  const calls = callsOf(message);
  if (calls.length > 0) hash.value(calls.map((call) => call.function));
  if (isDictionary(message.function_call)) hash.value(message.function_call);
  if (message.weight === 0) hash.text("0");
}

/** What a row's answer follows, and the row as a whole, as numbers. */
export function createRowKeys() {
  const hash = new RowHash();

  function promptOf({ prompt, setting }: Reading): Key {
    hash.reset();
    for (const part of setting) if (part !== null) hash.value(part);
    for (const message of prompt) if (isDictionary(message)) addMessage(hash, message);
    return hash.key();
  }

  function wholeOf(prompt: Key, answers: readonly unknown[]): Key {
    hash.reset().addKey(prompt);
    for (const answer of answers) if (isDictionary(answer)) addMessage(hash, answer);
    return hash.key();
  }

  return (reading: Reading): Keys => {
    const prompt = promptOf(reading);
    const { answer, otherAnswer } = reading;
    const isPair = reading.format === "preference";
    return {
      prompt,
      whole: wholeOf(prompt, [answer, otherAnswer]),
      reversed: isPair ? wholeOf(prompt, [otherAnswer, answer]) : null,
    };
  };
}
export type RowKeys = ReturnType<typeof createRowKeys>;

export type KeyedRow = { readonly reading: Reading; readonly keys: Keys; readonly line: number };

const SETTING: readonly unknown[] = ["system", "developer"];

/** Rows that ask nothing, whatever the system message says, have no answer that is the right one. */
const hasPrompt = ({ prompt }: Reading) =>
  prompt.some(
    (message) =>
      isDictionary(message) &&
      !SETTING.includes(message.role) &&
      (textOf(message) !== "" || isCalling(message)),
  );

/**
 * How the row is like one before it, and remembers it. One entry a row: by its prompt for the first that has it (the
 * mark tells its answer), by the whole row for others.
 */
export function remember(table: RowTable, { reading, keys, line }: KeyedRow): Likeness | null {
  const mark = keys.whole.low;
  if (keys.reversed) {
    const opposite = table.find(keys.reversed);
    const same = table.findOrInsert(keys.whole, { mark, line });
    if (same) return { kind: "repeats", line: same.line };
    return opposite ? { kind: "contradicts", line: opposite.line } : null;
  }
  const asks = hasPrompt(reading);
  const first = asks ? table.findOrInsert(keys.prompt, { mark, line }) : null;
  if (asks && first === null) return null;
  if (first?.mark === mark) return { kind: "repeats", line: first.line };
  const same = table.findOrInsert(keys.whole, { mark, line });
  if (same) return { kind: "repeats", line: same.line };
  return first ? { kind: "contradicts", line: first.line } : null;
}

/** The line of `table` that holds this row; null: none does. */
export function findSame(table: RowTable, { prompt, whole, reversed }: Keys): number | null {
  const first = reversed ? null : table.find(prompt);
  if (first?.mark === whole.low) return first.line;
  return table.find(whole)?.line ?? null;
}
