import type { Key } from "./row-hash.ts";

/** What is remembered of a row: a mark of its answer, and its line. */
export type Entry = { readonly mark: number; readonly line: number };

const WORDS = 4;
const SHARDS = 64;
const FIRST_SLOTS = 16;
const MOST_FILLED = 0.8;

/** A part of the table: open addressing in one array of numbers, 16 bytes a slot; line 0 marks a free one. */
class Shard {
  #slots = new Uint32Array(FIRST_SLOTS * WORDS);
  #filled = 0;

  #place(slots: Uint32Array, { high, low }: Key): number {
    const count = slots.length / WORDS;
    let slot = Math.floor((high / 2 ** 32) * count);
    for (let at = slot * WORDS; slots[at + 3] !== 0; at = slot * WORDS) {
      if (slots[at] === high && slots[at + 1] === low) break;
      slot = slot + 1 === count ? 0 : slot + 1;
    }
    return slot * WORDS;
  }

  #resize(count: number): void {
    const slots = this.#slots;
    const resized = new Uint32Array(count * WORDS);
    for (let at = 0; at < slots.length; at += WORDS) {
      if (slots[at + 3] === 0) continue;
      const place = this.#place(resized, { high: slots[at] ?? 0, low: slots[at + 1] ?? 0 });
      for (let word = 0; word < WORDS; word += 1) resized[place + word] = slots[at + word] ?? 0;
    }
    this.#slots = resized;
  }

  reserve(entries: number): void {
    const count = Math.ceil(entries / MOST_FILLED) + 1;
    if (count * WORDS > this.#slots.length) this.#resize(count);
  }

  find(key: Key): Entry | null {
    const at = this.#place(this.#slots, key);
    const line = this.#slots[at + 3] ?? 0;
    return line === 0 ? null : { mark: this.#slots[at + 2] ?? 0, line };
  }

  /** What was there before; null: nothing, and the entry is there now. */
  findOrInsert(key: Key, { mark, line }: Entry): Entry | null {
    const count = this.#slots.length / WORDS;
    if (this.#filled + 1 > count * MOST_FILLED) this.#resize(Math.ceil(count * 1.5));
    const at = this.#place(this.#slots, key);
    const found = this.#slots[at + 3] ?? 0;
    if (found !== 0) return { mark: this.#slots[at + 2] ?? 0, line: found };
    this.#slots[at] = key.high;
    this.#slots[at + 1] = key.low;
    this.#slots[at + 2] = mark;
    this.#slots[at + 3] = line;
    this.#filled += 1;
    return null;
  }
}

/**
 * The first row that was seen with each key, in parts that grow one by one. `mostEntries` bounds it: what comes later is
 * looked up and not kept.
 */
export class RowTable {
  readonly #shards = Array.from({ length: SHARDS }, () => new Shard());
  readonly #mostEntries: number;
  #size = 0;

  constructor(mostEntries: number) {
    this.#mostEntries = mostEntries;
  }

  get size(): number {
    return this.#size;
  }

  get isFull(): boolean {
    return this.#size >= this.#mostEntries;
  }

  find(key: Key): Entry | null {
    return this.#shards[key.low % SHARDS]?.find(key) ?? null;
  }

  /** Room for so many rows, made at once: growing leaves arrays behind that stay in memory for a while. */
  reserve(entries: number): void {
    const each = Math.min(entries, this.#mostEntries) / SHARDS;
    // Shards are filled by chance: a little more than the mean.
    for (const shard of this.#shards) shard.reserve(Math.ceil(each + 3 * Math.sqrt(each)));
  }

  /** What was there before; null: nothing, and the entry is kept now. */
  findOrInsert(key: Key, entry: Entry): Entry | null {
    if (this.isFull) return this.find(key);
    const found = this.#shards[key.low % SHARDS]?.findOrInsert(key, entry) ?? null;
    if (found === null) this.#size += 1;
    return found;
  }
}
