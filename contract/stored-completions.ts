import { z } from "zod";
import { limitTo, Metadata } from "./common.ts";

const order = z.enum(["asc", "desc"]).default("asc");

/** `metadata[k]=v` is read apart, since its names are the caller's. */
export const ListStored = z.object({
  model: z.string().min(1).optional(),
  after: z.string().optional(),
  limit: limitTo(100, 20),
  order,
});
export type ListStored = z.infer<typeof ListStored>;

export const ListStoredMessages = z.object({ after: z.string().optional(), limit: limitTo(100, 20), order });
export type ListStoredMessages = z.infer<typeof ListStoredMessages>;

/** Only the metadata of a stored completion can be changed; null takes it away. */
export const UpdateStored = z.strictObject({ metadata: Metadata.nullable() });
