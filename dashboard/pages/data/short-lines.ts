const MOST = 80;

/** `3, 7-12, 40` as it is; of a list that nobody reads, the beginning. */
export function shortLines(lines: string): string {
  if (lines.length <= MOST) return lines;
  const end = lines.lastIndexOf(",", MOST);
  return `${lines.slice(0, end < 0 ? MOST : end)}, …`;
}
