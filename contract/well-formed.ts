type Path = (string | number)[];
type Fault = { readonly path: Path; readonly reason: string };

/** The first value of those in `value`, itself among them, that `reasonAgainst` has something to say against. */
export function findFault(value: unknown, reasonAgainst: (inner: unknown) => string | null): Fault | null {
  const reason = reasonAgainst(value);
  if (reason) return { path: [], reason };
  if (typeof value !== "object" || value === null) return null;
  for (const [key, inner] of Object.entries(value)) {
    const found = findFault(inner, reasonAgainst);
    if (found) return { ...found, path: [Array.isArray(value) ? Number(key) : key, ...found.path] };
  }
  return null;
}

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** JSON can carry half of a surrogate pair; no database and no tokenizer keeps it as it is. */
export const illFormedText = (value: unknown): string | null => {
  const isIllFormed =
    typeof value === "string"
      ? !value.isWellFormed()
      : isObject(value) && Object.keys(value).some((name) => !name.isWellFormed());
  return isIllFormed ? "it is not well-formed Unicode" : null;
};

/** JSON can carry 1e999, which becomes infinite, and null when it is written again. */
export const tooLargeNumber = (value: unknown): string | null =>
  typeof value === "number" && !Number.isFinite(value) ? "the number is too large" : null;

/** A name that JavaScript's objects take for their own, and schemas pass over. */
export const prototypeName = (value: unknown): string | null =>
  isObject(value) && Object.hasOwn(value, "__proto__") ? "'__proto__' cannot be a name in it" : null;

/** The place of the first text or name in `value` that is no Unicode: half of a surrogate pair stands in it. */
export const findIllFormed = (value: unknown): Path | null => findFault(value, illFormedText)?.path ?? null;
