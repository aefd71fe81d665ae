const MOST_RANGES = 500;

/** Line numbers, given in order, as ranges: however many there are, the memory stays small. */
export class LineSet {
  readonly #ranges: { from: number; to: number }[] = [];
  #count = 0;
  #isCut = false;

  /** How often a line was named; a line that is named twice counts twice. */
  get count(): number {
    return this.#count;
  }

  add(line: number): void {
    this.#count += 1;
    const last = this.#ranges.at(-1);
    if (last && line <= last.to) return;
    if (last && line === last.to + 1) last.to = line;
    else if (this.#ranges.length < MOST_RANGES) this.#ranges.push({ from: line, to: line });
    else this.#isCut = true;
  }

  /** `3, 7-12, 40`, and `…` where not all are kept. */
  text(most = MOST_RANGES): string {
    const shown = this.#ranges
      .slice(0, most)
      .map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`));
    const isCut = this.#isCut || this.#ranges.length > most;
    return [...shown, ...(isCut ? ["…"] : [])].join(", ");
  }
}
