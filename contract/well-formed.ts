type Path = (string | number)[];

/** The place of the first text or name in `value` that is no Unicode: half of a surrogate pair stands in it. */
export function findIllFormed(value: unknown): Path | null {
  if (typeof value === "string") return value.isWellFormed() ? null : [];
  if (typeof value !== "object" || value === null) return null;
  for (const [key, inner] of Object.entries(value)) {
    if (!key.isWellFormed()) return [];
    const found = findIllFormed(inner);
    if (found) return [Array.isArray(value) ? Number(key) : key, ...found];
  }
  return null;
}
