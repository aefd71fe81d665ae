import { z } from "zod";

/** At most 16 pairs, keys to 64 and values to 512 characters (OpenAI's `Metadata`). */
export const Metadata = z
  .record(z.string().max(64, "a key has at most 64 characters"), z.string().max(512))
  .refine((pairs) => Object.keys(pairs).length <= 16, "Metadata holds at most 16 pairs.");
export type Metadata = z.infer<typeof Metadata>;

/** A cursor page; jobs and events carry no `first_id` and `last_id`. */
export type Page<T> = { object: "list"; data: T[]; has_more: boolean };
export type NamedPage<T> = Page<T> & { first_id: string | null; last_id: string | null };

/** Query strings are text: "20" becomes 20, anything else is refused. */
export const limitTo = (max: number, standard: number) =>
  z
    .string()
    .regex(/^-?\d{1,15}$/, "expected an integer of at most 15 digits")
    .transform(Number)
    .pipe(z.int().min(1).max(max))
    .default(standard);

export const deletedOf = <Name extends string>(object: Name) =>
  z.object({ id: z.string(), object: z.literal(object), deleted: z.boolean() });

/** null means the same as leaving a field out. */
export function withoutNulls(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== null));
}

/** A parameter of OpenAI's that this server cannot honour, and why; null is as if left out. */
export const unsupported = (why: string) =>
  z
    .unknown()
    .refine((value) => value === null || value === undefined, { error: why, params: { isUnsupported: true } })
    .optional();
