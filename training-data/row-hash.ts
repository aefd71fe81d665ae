/** 64 bits, as two halves. */
export type Key = { readonly high: number; readonly low: number };

/** No UTF-16 unit is as large, so a mark is never taken for text. */
const FIELD = 0x10001;
const OPEN = 0x10002;
const CLOSE = 0x10003;
const OTHER = 0x10004;

/** A fast hash of texts, for telling rows apart; it withstands chance, not an attacker. */
export class RowHash {
  #a = 0x9e3779b9;
  #b = 0x243f6a88;

  reset(): this {
    this.#a = 0x9e3779b9;
    this.#b = 0x243f6a88;
    return this;
  }

  #add(code: number): void {
    this.#a = Math.imul(this.#a ^ code, 0x9e3779b1);
    this.#b = Math.imul(((this.#b << 13) | (this.#b >>> 19)) ^ code, 0x85ebca77);
  }

  text(text: string): this {
    // Fields of the object are slower than locals, and this loop sees every character of the file.
    let a = this.#a;
    let b = this.#b;
    for (let at = 0; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      a = Math.imul(a ^ code, 0x9e3779b1);
      b = Math.imul(((b << 13) | (b >>> 19)) ^ code, 0x85ebca77);
    }
    this.#a = a;
    this.#b = b;
    this.#add(FIELD);
    return this;
  }

  /** Another hash. */
  addKey({ high, low }: Key): this {
    this.#add(high);
    this.#add(low);
    return this;
  }

  /** Any JSON value. */
  value(value: unknown): this {
    if (typeof value === "string") return this.text(value);
    if (typeof value !== "object" || value === null) {
      this.#add(OTHER);
      return this.text(String(value));
    }
    this.#add(OPEN);
    for (const [key, inner] of Object.entries(value)) this.text(key).value(inner);
    this.#add(CLOSE);
    return this;
  }

  key(): Key {
    const a =
      Math.imul(this.#a ^ (this.#a >>> 16), 0x85ebca6b) ^ Math.imul(this.#b ^ (this.#b >>> 13), 0xc2b2ae35);
    const b =
      Math.imul(this.#b ^ (this.#b >>> 16), 0x85ebca6b) ^ Math.imul(this.#a ^ (this.#a >>> 13), 0xc2b2ae35);
    return { high: (a ^ (a >>> 15)) >>> 0, low: (b ^ (b >>> 15)) >>> 0 };
  }
}
